// What a path carries, by padding that is sent as fast as it goes: the rate at which the peer
// acknowledges, once it has stopped to grow. A connection that was idle begins slowly (RFC 5681,
// slow start doubles every round trip), so totals over time would say too little. No clock: time is
// an argument, ns. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace vnet {

struct ProbeLimits {
  uint64_t bytesMax = 0;
  uint64_t durationNsMax = 0;
};

struct ProbeOutcome {
  uint64_t bytesPerSecond = 0;
  /** The rate grew no more; else the path carries at least so much. */
  bool isSaturated = false;
  uint64_t sentBytes = 0;
  uint64_t durationNs = 0;
};

class RateProbe {
 public:
  /** Rates are those of stretches so long, or of a round trip where that is longer. */
  static constexpr uint64_t kStretchNs = 8'000'000;
  /** So many stretches after the fastest one without growth: it is the path. */
  static constexpr int kLevelStretches = 4;

  bool isRunning() const { return isRunning_; }
  /** Bytes of padding that may still be sent. */
  uint64_t leftBytes() const { return isRunning_ ? limits_.bytesMax - sentBytes_ : 0; }

  /** `delivered`: bytes that the peer has acknowledged so far, of whatever kind. */
  void begin(const ProbeLimits& limits, uint64_t rttNs, uint64_t delivered, uint64_t nowNs) {
    *this = RateProbe();
    isRunning_ = true;
    limits_ = limits;
    stretchNs_ = std::max(kStretchNs, rttNs);
    beginNs_ = nowNs;
    startDelivered_ = first_ = delivered;
  }

  void sent(size_t bytes) { sentBytes_ += std::min<uint64_t>(bytes, leftBytes()); }

  /** True: it is over, by itself or because a limit is reached. */
  bool note(uint64_t delivered, uint64_t nowNs) {
    if (!isRunning_) return false;
    if (firstNs_ == 0 && delivered > first_) {
      firstNs_ = stretchStartNs_ = nowNs;  // the first answer: only what comes behind it has a rate
      first_ = stretchStart_ = delivered;
    }
    delivered_ = delivered = std::max(delivered, delivered_);  // the kernel's counter goes round
    nowNs_ = nowNs;
    if (firstNs_ != 0 && nowNs >= stretchStartNs_ + stretchNs_) endStretch();
    bool isDelivered = leftBytes() == 0 && delivered >= startDelivered_ + sentBytes_;
    return level_ >= kLevelStretches || isDelivered || nowNs >= beginNs_ + limits_.durationNsMax;
  }

  ProbeOutcome end() {
    ProbeOutcome outcome;
    isRunning_ = false;
    outcome.sentBytes = sentBytes_;
    outcome.durationNs = nowNs_ - beginNs_;
    outcome.isSaturated = level_ >= kLevelStretches;
    uint64_t bytes = delivered_ - first_, ns = nowNs_ - firstNs_;
    if (firstNs_ == 0) bytes = 0;
    uint64_t mean = ns == 0 ? 0 : rate(bytes, ns);
    outcome.bytesPerSecond = mean;
    if (outcome.isSaturated) outcome.bytesPerSecond = rate(levelBytes_, levelNs_);
    return outcome;
  }

 private:
  bool isRunning_ = false;
  ProbeLimits limits_;
  uint64_t stretchNs_ = 0, beginNs_ = 0, nowNs_ = 0;
  uint64_t sentBytes_ = 0, startDelivered_ = 0, delivered_ = 0;
  uint64_t first_ = 0, firstNs_ = 0;
  uint64_t stretchStart_ = 0, stretchStartNs_ = 0;
  uint64_t fastest_ = 0;
  int level_ = 0;  // stretches since the rate grew
  uint64_t levelBytes_ = 0, levelNs_ = 0;

  static uint64_t rate(uint64_t bytes, uint64_t ns) {
    return static_cast<uint64_t>(static_cast<double>(bytes) * 1e9 / static_cast<double>(ns));
  }

  void endStretch() {
    uint64_t bytes = delivered_ - stretchStart_, ns = nowNs_ - stretchStartNs_;
    uint64_t now = rate(bytes, ns);
    bool isGrowing = now > fastest_ + fastest_ / 8;
    fastest_ = std::max(fastest_, now);
    level_ = isGrowing ? 0 : level_ + 1;
    if (level_ <= 1) levelBytes_ = levelNs_ = 0;  // the first may still have been on its way up
    levelBytes_ += bytes;
    levelNs_ += ns;
    stretchStart_ = delivered_;
    stretchStartNs_ = nowNs_;
  }
};

}  // namespace vnet
