// What a link's sending direction is like, for LinkFigures of src/plane/link-figures.ts. Counts run
// on from the link's beginning, over TLS and UDP together; whoever reads them twice has rates.
#pragma once

#include <cstdint>

#include "quiet_rtt.h"
#include "rtt_meter.h"

namespace vnet {

/** At one moment; bytes are of what this end sends, ns of its clock. */
struct LinkFigures {
  uint32_t id = 0;
  uint64_t minRttNs = 0;   // the path without its queues; 0: not known
  uint64_t rttNs = 0;      // smoothed, with them; 0: not known
  uint64_t jitterNs = 0;   // mean deviation of what keepalive measures
  uint64_t sentBytes = 0;  // what was sent again included
  uint64_t resentBytes = 0;
  uint64_t deliveredBytes = 0;  // the peer has them
  uint64_t receivedBytes = 0;   // frames of the peer's, as on the guests' wire
  uint64_t busyNs = 0;     // how long something was under way
  uint64_t waitingNs = 0;  // how long something waited because the path took no more
  uint64_t queuedBytes = 0;
  uint64_t deliveryRate = 0;  // bytes/s, as TCP saw it last; 0: not known
  bool isApplicationLimited = true;
};

/**
 * Keeps probes out of the figures: what padding cost and lost on its way to the path's limit says
 * nothing of what frames meet there. Not thread-safe.
 */
class ProbeFilter {
 public:
  /** Of these figures all that a probe changed is left out, until it has settled. */
  void begin(const LinkFigures& now) {
    if (!isOpen_) before_ = now;
    isOpen_ = true;
    untilNs_ = UINT64_MAX;
  }
  void end(uint64_t nowNs) {
    if (isOpen_) untilNs_ = nowNs + kSettleNs;
  }
  void apply(LinkFigures* figures, uint64_t nowNs) {
    if (isOpen_ && nowNs >= untilNs_) {
      isOpen_ = false;
      sent_ += figures->sentBytes - before_.sentBytes;
      resent_ += figures->resentBytes - before_.resentBytes;
      delivered_ += figures->deliveredBytes - before_.deliveredBytes;
      busyNs_ += figures->busyNs - before_.busyNs;
      waitingNs_ += figures->waitingNs - before_.waitingNs;
    }
    const LinkFigures& counted = isOpen_ ? before_ : *figures;
    figures->sentBytes = counted.sentBytes - sent_;
    figures->resentBytes = counted.resentBytes - resent_;
    figures->deliveredBytes = counted.deliveredBytes - delivered_;
    figures->busyNs = counted.busyNs - busyNs_;
    figures->waitingNs = counted.waitingNs - waitingNs_;
  }

 private:
  /** Then what was lost has been sent again. */
  static constexpr uint64_t kSettleNs = 500'000'000;
  bool isOpen_ = false;
  uint64_t untilNs_ = 0;
  LinkFigures before_;
  uint64_t sent_ = 0, resent_ = 0, delivered_ = 0, busyNs_ = 0, waitingNs_ = 0;
};

/** How long something waits, however often it begins and ends. Not thread-safe. */
class WaitingTime {
 public:
  void note(bool isWaiting, uint64_t nowNs) {
    if (isWaiting && sinceNs_ == 0) sinceNs_ = nowNs;
    if (isWaiting || sinceNs_ == 0) return;
    totalNs_ += nowNs - sinceNs_;
    sinceNs_ = 0;
  }
  bool isWaiting() const { return sinceNs_ != 0; }
  uint64_t totalNs(uint64_t nowNs) const {
    return totalNs_ + (sinceNs_ == 0 ? 0 : nowNs - sinceNs_);
  }

 private:
  uint64_t totalNs_ = 0, sinceNs_ = 0;
};

/** What is counted at ticks while frames go by UDP, of which the kernel keeps no such figures. */
class DatagramFigures {
 public:
  /** `frameBytes`: all that the link ever sent. */
  void tick(uint64_t frameBytes, bool isChosen, bool isQueueing, uint64_t nowNs) {
    uint64_t bytes = frameBytes - frameBytes_, ns = nowNs - seenNs_;
    bool isFirst = seenNs_ == 0;
    frameBytes_ = frameBytes;
    seenNs_ = nowNs;
    if (isFirst || !isChosen || bytes == 0) return;
    sentBytes += bytes;
    busyNs += ns;
    if (isQueueing) waitingNs += ns;
  }
  uint64_t sentBytes = 0, busyNs = 0, waitingNs = 0;

 private:
  uint64_t frameBytes_ = 0, seenNs_ = 0;
};

}  // namespace vnet
