// Which datagrams are missing at the receiver, when to ask the sender for them, and when to stop
// waiting. Time is an argument, ns. Not thread-safe.
//
// A datagram is missing once one 3 behind it arrived (RFC 9002 section 6.1.1) or 1 ms after the
// first one behind it: what is only reordered is not asked for. On a path that reorders more than
// that, only time counts, and more of it (as in RFC 8985 section 6.2). It is asked for at most
// three times, a round trip and a bit apart, never when the answer would come too late, and only
// for a share of what arrives: answers may be lost and asked for too, and the sender has a budget.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "replay_window.h"

namespace vnet {

/** Counters `first` to `first + count - 1`. */
struct MissingRange {
  uint64_t first;
  uint16_t count;
};

/** As many as one request holds. */
constexpr size_t kMissingRangesMax = 64;

class GapTracker {
 public:
  /** More missing at once is an outage: given up, not repaired. */
  static constexpr size_t kOpenMax = 4096;
  static constexpr uint64_t kReorderedBy = 3;
  static constexpr uint64_t kReorderedNs = 1'000'000, kReorderedMaxNs = 32'000'000;
  /** One is asked for per so many that arrive, beyond a burst: four times ResendBudget's share. */
  static constexpr uint64_t kArrivalsPerAsk = 8, kAsksBurst = 512;
  static constexpr uint8_t kAsksMax = 3;
  /** No answer is worth waiting longer: about TCP's least retransmission timeout (200 ms). */
  static constexpr uint64_t kWaitMaxNs = 150'000'000;

  /**
   * A datagram with this counter came, or its messages in a repaired one. False: they came before,
   * or so long ago that nobody can tell; the messages must be dropped.
   */
  bool arrived(uint64_t counter, uint64_t nowNs);
  /** The sender will not send it again: waiting for it ends, as lost. */
  void gone(uint64_t counter);

  /**
   * Gives up what is overdue, and replaces `out` by what to ask for now, at most kMissingRangesMax
   * ranges. `rttNs`: of the path, smoothed; 0: not known. Returns the number of ranges.
   */
  size_t due(uint64_t nowNs, uint64_t rttNs, std::vector<MissingRange>* out);
  /** When to call due() next; UINT64_MAX: nothing is open. */
  uint64_t nextDueNs() const { return nextDueNs_; }

  /** The smallest counter that is waited for; UINT64_MAX: none. */
  uint64_t firstOpen() const { return head_ < gaps_.size() ? gaps_[head_].counter : UINT64_MAX; }
  bool isOpen(uint64_t counter) const { return indexOf(counter) < gaps_.size(); }
  size_t open() const { return open_; }

  /** Datagrams that came, repaired ones included. */
  uint64_t received() const { return received_; }
  /** Those that came after they had been asked for. */
  uint64_t repaired() const { return repaired_; }
  /** Those that are not waited for any more. A few may still come. */
  uint64_t lost() const { return lost_; }

 private:
  struct Gap {
    uint64_t counter;
    uint64_t noticedNs;
    uint64_t askedNs;
    uint8_t asks;
    bool isOpen;
  };

  ReplayWindow seen_;
  std::vector<Gap> gaps_;  // by counter, from head_ on; the first of them is open
  size_t head_ = 0;
  size_t open_ = 0;
  uint64_t firstUnasked_ = UINT64_MAX;
  uint64_t nextDueNs_ = UINT64_MAX;
  uint64_t toleranceNs_ = kReorderedNs;  // for what may only be reordered
  uint64_t toleranceSinceNs_ = 0;
  uint64_t rttNs_ = 0;
  uint64_t credit_ = kAsksBurst * kArrivalsPerAsk;  // arrivals not yet spent on asking
  uint64_t received_ = 0, repaired_ = 0, lost_ = 0;

  size_t indexOf(uint64_t counter) const;
  void notice(uint64_t first, uint64_t count, uint64_t nowNs);
  void close(size_t index);
  void trim();
  void noteReordering(uint64_t nowNs);
  void noteCalm(uint64_t nowNs);
  void giveUp(Gap& gap);
  bool ask(Gap& gap, uint64_t nowNs);
  bool add(Gap& gap, uint64_t nowNs, std::vector<MissingRange>* out);
  uint64_t nextStep(const Gap& gap) const;
};

}  // namespace vnet
