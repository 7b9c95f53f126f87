// See hold_queue.h.
#include "hold_queue.h"

#include <algorithm>
#include <cstring>

namespace vnet {

/** With the entry and what the allocator adds. */
size_t HoldQueue::cost(size_t length) { return length + sizeof(Item) + 16; }

void HoldQueue::hold(uint64_t counter, const uint8_t* wire, size_t length, uint64_t nowNs) {
  Item item{counter, nowNs, new uint8_t[length], length};
  memcpy(item.wire, wire, length);
  bytes_ += cost(length);
  if (empty() || items_.back().counter <= counter) {
    items_.push_back(item);
    return;
  }
  // Messages of the same datagram stay in the order in which they came.
  auto begin = items_.begin() + static_cast<ptrdiff_t>(head_);
  auto at = std::upper_bound(begin, items_.end(), counter,
                             [](uint64_t key, const Item& other) { return key < other.counter; });
  if (at == begin && head_ > 0) {
    items_[--head_] = item;  // room that the released ones left
  } else {
    items_.insert(at, item);
  }
}

HoldQueue::Item HoldQueue::take() {
  Item item = items_[head_++];
  bytes_ -= cost(item.length);
  if (head_ == items_.size()) {
    items_.clear();
    head_ = 0;
  } else if (head_ >= 1024 && head_ * 2 >= items_.size()) {
    items_.erase(items_.begin(), items_.begin() + static_cast<ptrdiff_t>(head_));
    head_ = 0;
  }
  return item;
}

void HoldQueue::clear() {
  for (size_t i = head_; i < items_.size(); i++) delete[] items_[i].wire;
  items_.clear();
  head_ = bytes_ = 0;
}

}  // namespace vnet
