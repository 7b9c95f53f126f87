// See priority.h.
#include "priority.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace vnet {

static constexpr int kNice = -20;
static constexpr uint64_t kSliceNs = 100'000;

/** struct sched_attr of sched_setattr(2), which the C library does not have. */
struct SchedulingAttributes {
  uint32_t size = sizeof(SchedulingAttributes);
  uint32_t policy = 0;  // SCHED_OTHER
  uint64_t flags = 0;
  int32_t nice = kNice;
  uint32_t priority = 0;
  uint64_t runtimeNs = kSliceNs;
  uint64_t deadlineNs = 0, periodNs = 0;
};

void raisePriority() {
  SchedulingAttributes wanted;
  if (syscall(SYS_sched_setattr, 0, &wanted, 0) == 0) return;
  // On Linux a thread has a nice value of its own (setpriority(2), "C library/kernel differences").
  id_t self = static_cast<id_t>(syscall(SYS_gettid));
  setpriority(PRIO_PROCESS, self, kNice);
}

}  // namespace vnet
