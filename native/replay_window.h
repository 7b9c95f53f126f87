// Which of the last 8,192 counters have been seen: the anti-replay bitmap of IPsec (RFC 4303
// section 3.4.3) in the ring form of RFC 6479, where a step forward clears whole words instead of
// shifting all of them.
#pragma once

#include <cstdint>

namespace vnet {

class ReplayWindow {
 public:
  /** As far behind the newest counter an unseen one is still taken. */
  static constexpr uint64_t kCounters = 8192;

  /** Neither seen nor too old. Counters start at 1: 0 is never fresh. */
  bool isFresh(uint64_t counter) const {
    if (counter > newest_) return true;
    if (counter == 0 || newest_ - counter >= kCounters) return false;
    return (word(counter) & bit(counter)) == 0;
  }

  /** Marks a fresh counter as seen; only for what has been authenticated. */
  void mark(uint64_t counter) {
    if (counter > newest_) {
      uint64_t steps = counter / 64 - newest_ / 64;
      if (steps > kWords) steps = kWords;
      for (uint64_t i = 0; i < steps; i++) words_[(counter / 64 - i) % kWords] = 0;
      newest_ = counter;
    }
    words_[counter / 64 % kWords] |= bit(counter);
  }

  uint64_t newest() const { return newest_; }

 private:
  // More than the window holds, so that the words of its two ends never are the same one; a power
  // of two, so that finding a word is cheap.
  static constexpr uint64_t kWords = 2 * kCounters / 64;

  uint64_t words_[kWords] = {};
  uint64_t newest_ = 0;

  uint64_t word(uint64_t counter) const { return words_[counter / 64 % kWords]; }
  static uint64_t bit(uint64_t counter) { return uint64_t{1} << counter % 64; }
};

}  // namespace vnet
