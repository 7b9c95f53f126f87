// What forwarding.cc asks of its process: processor time by thread, waiting for a counter,
// a network of its own.
#pragma once

#include <dirent.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>
#include <string>

#include "../../native/common.h"
#include "../../native/test/check.h"

namespace vnet::bench {

inline uint64_t ownCpuNs() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1000000000u + static_cast<uint64_t>(t.tv_nsec);
}

inline std::set<std::string> threads() {
  std::set<std::string> all;
  DIR* folder = opendir("/proc/self/task");
  CHECK(folder != nullptr);
  while (dirent* entry = readdir(folder)) {
    if (entry->d_name[0] != '.') all.insert(entry->d_name);
  }
  closedir(folder);
  return all;
}

/** Processor time of a thread in nanoseconds (Documentation/scheduler/sched-stats.rst). */
inline uint64_t cpuNsOf(const std::string& thread) {
  FILE* file = fopen(("/proc/self/task/" + thread + "/schedstat").c_str(), "r");
  unsigned long long ns = 0;
  CHECK(file != nullptr && fscanf(file, "%llu", &ns) == 1);
  fclose(file);
  return ns;
}

/** Waits until `counter` has come to `frames`: at most so many are under way. */
inline void await(const std::atomic<uint64_t>& counter, uint64_t frames) {
  uint64_t giveUpMs = nowMs() + 5000;
  while (counter < frames) {
    usleep(20);
    CHECK(nowMs() < giveUpMs);  // some were dropped
  }
}

/** A network namespace of its own, with loopback: nothing here meets the machine's network. */
inline void leaveNetwork() {
  CHECK(unshare(CLONE_NEWNET) == 0);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  ifreq request{};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  CHECK(ioctl(fd, SIOCSIFFLAGS, &request) == 0);
  close(fd);
}

}  // namespace vnet::bench
