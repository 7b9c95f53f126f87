// Whether a path loses so much that a TLS connection suffers: of what was sent lately, how much had
// to be sent again. Totals go in, of both ways of a link together, so that the answer does not
// depend on which of them is in use. No clock: time is an argument, ns. Not thread-safe.
//
// A TCP connection gets about 1.22 MSS / (RTT sqrt(loss)) (Mathis 1997): with 0.3 % and half a
// millisecond 0.5 Gbit/s, and all guests of a link share one.
#pragma once

#include <cstdint>

namespace vnet {

class LossMeter {
 public:
  static constexpr uint64_t kWindowNs = 2'000'000'000;
  /** Packets in a window; fewer tell nothing. */
  static constexpr uint64_t kSentMin = 1000;
  /** Shares in hundredths of a percent: so much is a loss, so little is none. */
  static constexpr uint64_t kLossy = 30, kClean = 10;
  /** In a row: a cable that was pulled for a moment is not a path that loses. */
  static constexpr int kLossyWindows = 3, kCleanWindows = 30;
  /** Then it is forgotten: what the other way loses is looked at again. */
  static constexpr uint64_t kForgetNs = 300'000'000'000;

  /** Packets so far, those that were sent again included, and how many these were. */
  void note(uint64_t sent, uint64_t again, uint64_t nowNs) {
    if (isLossy_ && nowNs >= lossyNs_ + kForgetNs) change(false, nowNs);
    if (startNs_ != 0 && nowNs < startNs_ + kWindowNs) return;
    uint64_t sentNow = sent - sent_, againNow = again - again_;
    bool isFirst = startNs_ == 0;
    startNs_ = nowNs;
    sent_ = sent;
    again_ = again;
    if (!isFirst && sentNow >= kSentMin) judge(againNow * 10'000 / sentNow, nowNs);
  }

  bool isLossy() const { return isLossy_; }

 private:
  bool isLossy_ = false;
  int windows_ = 0;  // in a row that say the other
  uint64_t sent_ = 0, again_ = 0, startNs_ = 0, lossyNs_ = 0;

  void judge(uint64_t share, uint64_t nowNs) {
    bool isOther = isLossy_ ? share < kClean : share >= kLossy;
    windows_ = isOther ? windows_ + 1 : 0;
    if (windows_ >= (isLossy_ ? kCleanWindows : kLossyWindows)) change(!isLossy_, nowNs);
  }

  void change(bool isLossy, uint64_t nowNs) {
    isLossy_ = isLossy;
    lossyNs_ = nowNs;
    windows_ = 0;
  }
};

}  // namespace vnet
