// Keeps a busy worker from waking for every frame, as network cards moderate their interrupts: what
// arrives within a short time is handled together. A worker with little to do never waits.
#pragma once

#include <cstdint>

namespace vnet {

/** A token bucket of turns: kBurst at once, then one each kIntervalNs. */
class TurnLimiter {
 public:
  /** Adds at most this to a frame's way, and only under load. */
  static constexpr uint64_t kIntervalNs = 100'000;
  /** An exchange of a few small messages, or a ping, stays far below. */
  static constexpr uint64_t kBurst = 64;

  /** Takes a turn. Returns how long to wait before it, ns; the wait is taken as done. */
  uint64_t take(uint64_t nowNs) {
    // `paidUntilNs_`: when the bucket would be full if no more turns were taken.
    uint64_t fullAt = paidUntilNs_ > nowNs ? paidUntilNs_ : nowNs;
    paidUntilNs_ = fullAt + kIntervalNs;
    uint64_t free = nowNs + kBurst * kIntervalNs;
    return paidUntilNs_ > free ? paidUntilNs_ - free : 0;
  }

  /** A worker that waited this long for work is not busy: its turn costs nothing. */
  static constexpr uint64_t kIdleNs = 20'000;
  /** To be called after the wait for work that followed take(). */
  void waited(uint64_t forNs) {
    if (forNs >= kIdleNs) paidUntilNs_ -= kIntervalNs;
  }

 private:
  uint64_t paidUntilNs_ = 0;
};

}  // namespace vnet
