// How long a path is without the queues that the link's own traffic makes on it: on a slow line a
// queue of many milliseconds stands for as long as somebody sends, and neighbours would look far
// apart. No clock: time is an argument, ns. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>

namespace vnet {

class QuietRtt {
 public:
  /** More than that fills queues, bytes/s. */
  static constexpr uint64_t kBusyBytesPerSecond = 125'000;
  /** The least of this long is the path's own, if nothing was sent meanwhile (rtt_meter.h). */
  static constexpr uint64_t kQuietNs = 10'000'000'000;
  /** Without a quiet time for this long, what is measured under traffic has to do. */
  static constexpr uint64_t kForgetNs = 300'000'000'000;

  /** All bytes so far, both ways; at every tick. */
  void traffic(uint64_t bytes, uint64_t nowNs) {
    uint64_t elapsedMs = (nowNs - seenNs_) / 1'000'000;
    bool isFirst = seenNs_ == 0;
    if (isFirst) startNs_ = busyNs_ = nowNs;
    if (!isFirst && (bytes - bytes_) * 1000 > kBusyBytesPerSecond * elapsedMs) busyNs_ = nowNs;
    bytes_ = bytes;
    seenNs_ = nowNs;
  }

  /** `probedNs`: the least of late. `tcpNs`: of the TCP connection since it began; 0: not known. */
  uint64_t leastNs(uint64_t probedNs, uint64_t tcpNs, uint64_t nowNs) {
    if (seenNs_ == 0) return probedNs;
    if (nowNs >= busyNs_ + kQuietNs) {
      baseNs_ = probedNs;
      startNs_ = nowNs;
    }
    if (nowNs >= startNs_ + kForgetNs) return probedNs;
    uint64_t baseNs = baseNs_ != 0 ? baseNs_ : tcpNs;
    return baseNs == 0 ? probedNs : std::min(probedNs, baseNs);
  }

 private:
  uint64_t bytes_ = 0, seenNs_ = 0, busyNs_ = 0;
  uint64_t startNs_ = 0;  // when it was quiet last, or this began
  uint64_t baseNs_ = 0;   // as measured then; 0: it never was
};

}  // namespace vnet
