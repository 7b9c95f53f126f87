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
