// See priority.h.
#include "priority.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace vnet {

static constexpr int kRealtimePriority = 1;
static constexpr int kNice = -15;

bool PriorityBound::mayPrecede(uint64_t nowNs, uint64_t cpuNs) {
  double passed = static_cast<double>(nowNs - lastNs_);
  double used = lastNs_ == 0 ? 0 : static_cast<double>(cpuNs - lastCpuNs_);
  lastNs_ = nowNs;
  lastCpuNs_ = cpuNs;
  isBusy_ = used > passed * (isBusy_ ? kShareBusy / 2 : kShareBusy);
  if (used > passed * kShareMax) downUntilNs_ = nowNs + kDownNs;
  return isBusy_ && nowNs >= downUntilNs_;
}

void Priority::raise() {
  if (apply(Kind::realtime)) {
    kind_ = Kind::realtime;
  } else if (apply(Kind::nice)) {
    kind_ = Kind::nice;
  }
  isRaised_ = kind_ != Kind::ordinary;
}

void Priority::onTick(uint64_t nowNs) {
  if (kind_ == Kind::ordinary) return;
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  uint64_t cpuNs =
      static_cast<uint64_t>(used.tv_sec) * 1000000000u + static_cast<uint64_t>(used.tv_nsec);
  bool wanted = bound_.mayPrecede(nowNs, cpuNs);
  if (wanted == isRaised_) return;
  if (apply(wanted ? kind_ : Kind::ordinary)) isRaised_ = wanted;
}

bool Priority::apply(Kind kind) {
  sched_param parameter{};
  if (kind == Kind::realtime) {
    parameter.sched_priority = kRealtimePriority;
    return sched_setscheduler(0, SCHED_RR, &parameter) == 0;
  }
  if (sched_setscheduler(0, SCHED_OTHER, &parameter) != 0) return false;
  // On Linux a thread has a nice value of its own (setpriority(2), "C library/kernel differences").
  id_t self = static_cast<id_t>(syscall(SYS_gettid));
  return setpriority(PRIO_PROCESS, self, kind == Kind::nice ? kNice : 0) == 0;
}

}  // namespace vnet
