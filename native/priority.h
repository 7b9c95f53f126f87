// Lets a worker that is busy run before ordinary programs (sched(7)), which is what decides the
// latency of a frame on a busy machine, and bounds it: one that does not rest steps down for a
// while. A worker with little to do stays ordinary: the scheduler then wakes it where the frame
// came from, and not on another core that must leave its sleep first.
#pragma once

#include <cstdint>

namespace vnet {

/** When to run at which priority, by the processor time that was used. Pure. */
class PriorityBound {
 public:
  /** More than this share of the time between two calls: it did not rest. */
  static constexpr double kShareMax = 0.95;
  /** From this share on it is busy, and down to half of it stays so. */
  static constexpr double kShareBusy = 0.05;
  static constexpr uint64_t kDownNs = 1'000'000'000;

  /** `cpuNs`: processor time of the thread so far. True: it may run before others. */
  bool mayPrecede(uint64_t nowNs, uint64_t cpuNs);

 private:
  uint64_t lastNs_ = 0, lastCpuNs_ = 0, downUntilNs_ = 0;
  bool isBusy_ = false;
};

/** Of the thread that calls. */
class Priority {
 public:
  /**
   * SCHED_RR at its lowest priority, or a better nice value; neither where CAP_SYS_NICE and the
   * limits of the process (RLIMIT_RTPRIO, RLIMIT_NICE) do not allow it.
   */
  void raise();
  /** To be called now and then, at least once in a while that others may be kept waiting. */
  void onTick(uint64_t nowNs);

 private:
  enum class Kind : uint8_t { ordinary, nice, realtime };
  Kind kind_ = Kind::ordinary;
  bool isRaised_ = false;
  PriorityBound bound_;

  bool apply(Kind kind);
};

}  // namespace vnet
