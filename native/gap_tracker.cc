// See gap_tracker.h.
#include "gap_tracker.h"

#include <algorithm>

namespace vnet {

static constexpr uint64_t kMs = 1'000'000;

/** How long a missing datagram is waited for. */
static uint64_t waitOf(uint64_t rttNs) {
  return std::min(rttNs * 7 / 2 + 10 * kMs, GapTracker::kWaitMaxNs);
}

/** After so long without reordering the tolerance is halved. */
static constexpr uint64_t kCalmNs = 1000 * kMs;

/** From one request to the next. */
static uint64_t againOf(uint64_t rttNs) { return rttNs * 5 / 4 + 2 * kMs; }

bool GapTracker::arrived(uint64_t counter, uint64_t nowNs) {
  uint64_t newest = seen_.newest();
  if (!seen_.isFresh(counter)) {
    if (counter != 0) noteReordering(nowNs);  // repaired, and not lost at all
    return false;
  }
  seen_.mark(counter);
  received_++;
  credit_ = std::min(credit_ + 1, kAsksBurst * kArrivalsPerAsk);
  if (counter > newest) {
    if (counter > newest + 1) notice(newest + 1, counter - newest - 1, nowNs);
    bool isCertain = toleranceNs_ == kReorderedNs && firstUnasked_ != UINT64_MAX &&
                     counter >= firstUnasked_ + kReorderedBy;
    if (isCertain) nextDueNs_ = nowNs;
    return true;
  }
  size_t index = indexOf(counter);
  if (index == gaps_.size()) {  // given up, and here after all
    noteReordering(nowNs);
    return true;
  }
  const Gap& gap = gaps_[index];
  if (gap.asks > 0) {
    repaired_++;
    // No answer is as fast as this.
    if (gap.asks == 1 && nowNs < gap.askedNs + rttNs_ / 2) noteReordering(nowNs);
  }
  close(index);
  return true;
}

/** Asking came too early: wait longer, but no longer than half a round trip. */
void GapTracker::noteReordering(uint64_t nowNs) {
  if (nowNs < toleranceSinceNs_ + rttNs_) return;
  uint64_t max = std::clamp(rttNs_ / 2, kReorderedNs, kReorderedMaxNs);
  toleranceNs_ = std::min(toleranceNs_ * 2, max);
  toleranceSinceNs_ = nowNs;
}

void GapTracker::noteCalm(uint64_t nowNs) {
  if (toleranceNs_ == kReorderedNs || nowNs < toleranceSinceNs_ + kCalmNs) return;
  toleranceNs_ = std::max(toleranceNs_ / 2, kReorderedNs);
  toleranceSinceNs_ = nowNs;
}

void GapTracker::gone(uint64_t counter) {
  size_t index = indexOf(counter);
  if (index == gaps_.size()) return;
  lost_++;
  close(index);
}

size_t GapTracker::indexOf(uint64_t counter) const {
  if (counter < firstOpen()) return gaps_.size();
  auto at = std::lower_bound(gaps_.begin() + static_cast<ptrdiff_t>(head_), gaps_.end(), counter,
                             [](const Gap& gap, uint64_t key) { return gap.counter < key; });
  bool isFound = at != gaps_.end() && at->counter == counter && at->isOpen;
  return isFound ? static_cast<size_t>(at - gaps_.begin()) : gaps_.size();
}

void GapTracker::notice(uint64_t first, uint64_t count, uint64_t nowNs) {
  if (count > kOpenMax - open_) {
    lost_ += count;
    return;
  }
  if (gaps_.size() + count > 2 * kOpenMax) {
    std::erase_if(gaps_, [](const Gap& gap) { return !gap.isOpen; });
    head_ = 0;
  }
  for (uint64_t i = 0; i < count; i++) gaps_.push_back({first + i, nowNs, 0, 0, true});
  open_ += count;
  firstUnasked_ = std::min(firstUnasked_, first);
  nextDueNs_ = std::min(nextDueNs_, nowNs + toleranceNs_);
}

void GapTracker::close(size_t index) {
  gaps_[index].isOpen = false;
  open_--;
  trim();
}

/** Brings the first open one to the head. */
void GapTracker::trim() {
  while (head_ < gaps_.size() && !gaps_[head_].isOpen) head_++;
  if (head_ < gaps_.size()) return;
  gaps_.clear();
  head_ = 0;
  firstUnasked_ = nextDueNs_ = UINT64_MAX;
}

size_t GapTracker::due(uint64_t nowNs, uint64_t rttNs, std::vector<MissingRange>* out) {
  out->clear();
  if (nowNs < nextDueNs_) return 0;
  // An absurd time would overflow below; nothing this slow is repaired anyway.
  rttNs_ = std::min<uint64_t>(rttNs, 10'000 * kMs);
  noteCalm(nowNs);
  nextDueNs_ = firstUnasked_ = UINT64_MAX;
  for (size_t i = head_; i < gaps_.size(); i++) {
    Gap& gap = gaps_[i];
    if (!gap.isOpen) continue;
    bool isPutOff = ask(gap, nowNs) && !add(gap, nowNs, out);
    if (!gap.isOpen) continue;
    if (gap.asks == 0) firstUnasked_ = std::min(firstUnasked_, gap.counter);
    nextDueNs_ = std::min(nextDueNs_, isPutOff ? nowNs : nextStep(gap));
  }
  trim();
  return out->size();
}

/** Whether it should be asked for now; gives it up when its time is over. */
bool GapTracker::ask(Gap& gap, uint64_t nowNs) {
  bool isFarBehind =
      toleranceNs_ == kReorderedNs && seen_.newest() >= gap.counter + kReorderedBy;
  if (gap.asks == 0 && !isFarBehind && nowNs < gap.noticedNs + toleranceNs_) return false;
  uint64_t endNs = gap.noticedNs + waitOf(rttNs_);
  bool isLate = nowNs + rttNs_ > endNs;
  // Beyond the window nobody could tell whether it came before.
  bool isForgotten = seen_.newest() - gap.counter >= ReplayWindow::kCounters;
  if (nowNs >= endNs || isForgotten || (gap.asks == 0 && isLate)) {
    giveUp(gap);
    return false;
  }
  if (gap.asks == 0) return true;
  return gap.asks < kAsksMax && !isLate && nowNs >= gap.askedNs + againOf(rttNs_);
}

/** Puts it into the request. False: the request is full. Without credit it is given up. */
bool GapTracker::add(Gap& gap, uint64_t nowNs, std::vector<MissingRange>* out) {
  if (credit_ < kArrivalsPerAsk) {
    giveUp(gap);
    return true;
  }
  MissingRange* last = out->empty() ? nullptr : &out->back();
  if (last && last->first + last->count == gap.counter && last->count < UINT16_MAX) {
    last->count++;
  } else if (out->size() < kMissingRangesMax) {
    out->push_back({gap.counter, 1});
  } else {
    return false;
  }
  credit_ -= kArrivalsPerAsk;
  gap.asks++;
  gap.askedNs = nowNs;
  return true;
}

void GapTracker::giveUp(Gap& gap) {
  gap.isOpen = false;
  open_--;
  lost_++;
}

/** When ask() may say something else about an open one. */
uint64_t GapTracker::nextStep(const Gap& gap) const {
  if (gap.asks == 0) return gap.noticedNs + toleranceNs_;
  uint64_t endNs = gap.noticedNs + waitOf(rttNs_);
  uint64_t againNs = gap.askedNs + againOf(rttNs_);
  bool isAgain = gap.asks < kAsksMax && againNs + rttNs_ <= endNs;
  return isAgain ? std::min(againNs, endNs) : endNs;
}

}  // namespace vnet
