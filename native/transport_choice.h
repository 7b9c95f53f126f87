// Whether the frames of a link leave in datagrams or by TLS, where both would do. On a short path
// the TLS connection carries more for less processor time, and a loss is repaired within a
// millisecond; on a long one each loss holds up everything behind it (TCP within TCP), and
// datagrams are the faster by far. So they are on a short one that loses much (loss_meter.h).
// Neither sockets nor clock: time is an argument, ns. Not thread-safe.
#pragma once

#include <cstdint>

namespace vnet {

/** Why frames travel as they do; see src/plane/link-info.ts. */
enum class TransportReason : uint8_t {
  notAgreed,
  noAnswer,
  measuring,
  shortPath,
  longPath,
  lossyPath,
  required
};

class TransportChoice {
 public:
  /** What is known of the path of the datagrams. */
  struct Path {
    bool isUp = false;
    uint64_t minRttNs = 0;
    uint64_t rttSamples = 0;
    bool isLossy = false;
  };
  struct Rule {
    bool isRequired = false;  // datagrams or nothing
    uint64_t fromRttNs = 0;   // as long as this is long; 0: every path is
  };

  /** So long a choice stands, but where the path ends: frames overtake each other at a change. */
  static constexpr uint64_t kHoldNs = 5'000'000'000;
  /** The least of so many tells a long path from a slow wake-up. */
  static constexpr uint64_t kSamples = 3;

  /** True: frames leave the other way from now on. */
  bool decide(const Path& path, const Rule& rule, uint64_t nowNs) {
    if (!path.isUp) {
      chosenNs_ = 0;
      return choose(false, TransportReason::noAnswer);
    }
    if (rule.isRequired) return choose(true, TransportReason::required);
    if (rule.fromRttNs > 0 && path.rttSamples < kSamples) {
      return choose(false, TransportReason::measuring);
    }
    // Once long, short is half as long: a path at the limit must not go to and fro.
    bool isLong = path.minRttNs >= (isUdp_ ? rule.fromRttNs / 2 : rule.fromRttNs);
    bool isUdp = isLong || path.isLossy;
    if (isUdp != isUdp_ && chosenNs_ != 0 && nowNs < chosenNs_ + kHoldNs) return false;
    auto otherwise = isUdp ? TransportReason::lossyPath : TransportReason::shortPath;
    bool isChange = choose(isUdp, isLong ? TransportReason::longPath : otherwise);
    if (isChange) chosenNs_ = nowNs;
    return isChange;
  }

  bool isUdp() const { return isUdp_; }
  TransportReason reason() const { return reason_; }

 private:
  bool isUdp_ = false;
  TransportReason reason_ = TransportReason::noAnswer;
  uint64_t chosenNs_ = 0;  // 0: not since the path is up

  bool choose(bool isUdp, TransportReason reason) {
    bool isChange = isUdp != isUdp_;
    isUdp_ = isUdp;
    reason_ = reason;
    return isChange;
  }
};

}  // namespace vnet
