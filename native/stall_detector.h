// Whether anything gets through a link that should, judged at each tick of its worker from three
// things that are sent and answered: segments of the TCP connection (the peer's kernel), pings on
// it (the peer's daemon, behind all payload before them) and probes of the way by UDP. A path that
// pings but carries no payload is silent as well: what TCP cannot deliver holds up the pings behind
// it. No sockets and no clock. Not thread-safe.
//
// Time that this thread did not run does not count: answers may lie unread in its sockets. A peer
// on a busy machine answers later, by a few hundred milliseconds; the limits are above that.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "common.h"

namespace vnet {

class StallDetector {
 public:
  /** Without progress, ms, in addition to the round trip: then the path is stalled. */
  static constexpr uint64_t kSegmentsMs = 500, kPingMs = kStalledMs, kProbesMs = 450;
  /** Only a part of it fails if the other way was answered within this time, ms. */
  static constexpr uint64_t kOtherWayMs = 200;
  /** From one ping to the next, ms, while frames leave or the path is stalled. */
  static constexpr uint64_t kPingIntervalMs = kStallPingMs;
  /** All is answered again for so long, ms, and so often: it carries on. */
  static constexpr uint64_t kSteadyMs = kResumedMs, kSteadyPings = 4;
  /** An answer that took longer than this, ms, and the round trip is none of a steady path. */
  static constexpr uint64_t kUnsteadyMs = 300;
  /** At most so much of a tick counts, ms: two intervals of the worker's. */
  static constexpr uint64_t kTickMaxMs = 200;
  static constexpr uint64_t kRttMaxMs = 1000;

  enum class Change : uint8_t { none, stalled, resumed };

  /** As it is at a tick. */
  struct Signs {
    bool isCarrying = false;  // frames were sent since the last tick, or wait
    uint64_t rttMs = 0;       // smoothed, of TCP
    // TCP: bytes that the peer's kernel confirmed, and whether it still has to confirm any.
    uint64_t ackedBytes = 0;
    bool isUnacked = false;
    // UDP, if frames go that way: probes that were answered, and whether one is not (yet).
    bool isByUdp = false;
    uint64_t answeredProbes = 0;
    bool isProbeOut = false;
    uint64_t probeRttMs = 0;
    /** Datagrams pass, but none of a size that frames need. */
    bool isTooNarrow = false;
  };

  Change tick(uint64_t nowMs, const Signs& signs) {
    aliveMs_ += nowMs_ == 0 ? 0 : std::min(nowMs - std::min(nowMs, nowMs_), kTickMaxMs);
    nowMs_ = nowMs;
    rttMs_ = std::min(signs.rttMs, kRttMaxMs);
    uint64_t segmentsMs = segments_.wait(aliveMs_, signs.ackedBytes, signs.isUnacked);
    uint64_t pingMs = pings_.wait(aliveMs_, answered_, isPingOut_);
    uint64_t probesMs = probes_.wait(aliveMs_, signs.answeredProbes, signs.isProbeOut);
    bool wasByUdp = std::exchange(isByUdp_, signs.isByUdp);
    bool isNarrowed = signs.isTooNarrow && !std::exchange(wasTooNarrow_, signs.isTooNarrow);
    bool isDue = aliveMs_ >= pingedMs_ + kPingIntervalMs;
    bool isUdpSilent = signs.isByUdp && probesMs >= kOtherWayMs;
    bool isBusy = signs.isCarrying && (!signs.isByUdp || isUdpSilent);
    wantsPing_ = !isPingOut_ && isDue && (isBusy || isStalled_);
    isUdpDead_ = false;
    if (isStalled_) return watchReturn(std::max(segmentsMs, pingMs));
    if (isNarrowed && wasByUdp) {
      reason_ = "no datagram of full size is answered";
    } else {
      reason_ = signs.isByUdp ? judgeUdp(signs, probesMs, std::max(segmentsMs, pingMs))
                              : judgeTcp(segmentsMs, pingMs);
    }
    if (reason_ == nullptr) return Change::none;
    isStalled_ = true;
    steadySinceMs_ = aliveMs_;
    steadyPings_ = 0;
    return Change::stalled;
  }

  /** After a tick: a ping is to be sent now. */
  bool wantsPing() const { return wantsPing_; }
  /** After a tick: datagrams are silent while the TCP connection is not. */
  bool isUdpDead() const { return isUdpDead_; }
  bool isStalled() const { return isStalled_; }
  /** Of the last change to stalled. */
  const char* reason() const { return reason_; }

  void pinged(uint64_t stamp) {
    pingedMs_ = aliveMs_;
    if (isPingOut_) return;
    isPingOut_ = true;
    oldestStamp_ = stamp;
  }
  /** The answer to the ping with this stamp; they come in the order of the pings. */
  void ponged(uint64_t stamp) {
    if (!isPingOut_ || stamp < oldestStamp_) return;
    isPingOut_ = false;
    answered_++;
    steadyPings_++;
  }

 private:
  /** How long there was something to answer and nothing answered. */
  struct Waiting {
    uint64_t progress = 0, sinceMs = 0;
    uint64_t wait(uint64_t nowMs, uint64_t newProgress, bool isOut) {
      if (!isOut || newProgress != progress) sinceMs = nowMs;
      progress = newProgress;
      return nowMs - sinceMs;
    }
  };

  uint64_t nowMs_ = 0, aliveMs_ = 0, rttMs_ = 0;
  Waiting segments_, pings_, probes_;
  uint64_t answered_ = 0, oldestStamp_ = 0, pingedMs_ = 0;
  uint64_t steadySinceMs_ = 0, steadyPings_ = 0;
  bool isPingOut_ = false, isByUdp_ = false, wantsPing_ = false, isUdpDead_ = false;
  bool isStalled_ = false, wasTooNarrow_ = false;
  const char* reason_ = nullptr;

  const char* judgeTcp(uint64_t segmentsMs, uint64_t pingMs) const {
    if (segmentsMs >= kSegmentsMs + rttMs_) return "what was sent is not confirmed any more";
    // Pings stand in queues that frames make; the round trip of TCP grows with them.
    if (pingMs >= kPingMs + 2 * rttMs_) return "pings are not answered any more";
    return nullptr;
  }

  const char* judgeUdp(const Signs& signs, uint64_t probesMs, uint64_t tcpMs) {
    uint64_t rttMs = std::min(signs.probeRttMs, kRttMaxMs);
    if (probesMs < kProbesMs + 2 * rttMs) return nullptr;
    if (tcpMs >= kOtherWayMs + rttMs) return "neither datagrams nor TLS is answered any more";
    // A ping went out while they were silent, and its answer is there.
    isUdpDead_ = !isPingOut_ && pingedMs_ + probesMs >= aliveMs_;
    return nullptr;
  }

  Change watchReturn(uint64_t waitMs) {
    if (waitMs >= kUnsteadyMs + 2 * rttMs_) {
      steadySinceMs_ = aliveMs_;
      steadyPings_ = 0;
    }
    if (aliveMs_ < steadySinceMs_ + kSteadyMs || steadyPings_ < kSteadyPings) return Change::none;
    isStalled_ = false;
    return Change::resumed;
  }
};

}  // namespace vnet
