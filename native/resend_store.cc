// See resend_store.h.
#include "resend_store.h"

#include <cstring>

namespace vnet {

void ResendStore::sent(uint64_t counter, const uint8_t* head, size_t headLength,
                       const uint8_t* body, size_t bodyLength, uint64_t nowNs) {
  size_t length = headLength + bodyLength;
  if (counter <= newest_ || length > options_.bytesMax / 4) return;
  if (capacity_ == 0) {
    reserve(std::min(kBytesMin, options_.bytesMax));
    roundNs_ = nowNs;
    roundCounter_ = counter;
  }
  while (length > capacity_ / 4) reserve(std::min(capacity_ * 2, options_.bytesMax));
  if (isRound(counter, length)) {
    if (nowNs - roundNs_ < options_.keepNs && capacity_ < options_.bytesMax) {
      reserve(std::min(capacity_ * 2, options_.bytesMax));  // there the round goes on
    } else {
      roundNs_ = nowNs;
      roundCounter_ = counter;
      roundAt_ = end_;
    }
  }
  uint8_t* at = place(counter, length);
  if (headLength > 0) memcpy(at, head, headLength);
  if (bodyLength > 0) memcpy(at + headLength, body, bodyLength);
}

/** Would this one write over what the round began with? */
bool ResendStore::isRound(uint64_t counter, size_t length) const {
  return end_ + length - roundAt_ > capacity_ || counter - roundCounter_ >= slots_.size();
}

/** A larger ring with what the old one holds. */
void ResendStore::reserve(size_t bytes) {
  std::vector<Slot> slots;
  slots.swap(slots_);
  std::unique_ptr<uint8_t[]> ring(new uint8_t[bytes]);  // not cleared: pages come when written to
  ring.swap(ring_);
  size_t capacity = capacity_;
  uint64_t end = end_;
  capacity_ = bytes;
  size_t count = 16;
  while (count < bytes / kBytesPerSlot) count *= 2;
  slots_.resize(count);
  end_ = 0;
  roundAt_ = 0;
  uint64_t first = newest_ < slots.size() ? 1 : newest_ - slots.size() + 1;
  for (uint64_t counter = first; !slots.empty() && counter <= newest_; counter++) {
    const Slot& slot = slots[counter & (slots.size() - 1)];
    if (slot.counter != counter || end - slot.at > capacity) continue;
    uint8_t* at = place(counter, slot.length);
    if (slot.length > 0) memcpy(at, ring.get() + slot.at % capacity, slot.length);
  }
}

/** Room for a datagram, in one piece; it is found from now on. */
uint8_t* ResendStore::place(uint64_t counter, size_t length) {
  size_t left = capacity_ - end_ % capacity_;
  if (length > left) end_ += left;
  slots_[counter & (slots_.size() - 1)] = {counter, end_, length};
  uint8_t* at = ring_.get() + end_ % capacity_;
  end_ += length;
  newest_ = std::max(newest_, counter);
  return at;
}

const uint8_t* ResendStore::find(uint64_t counter, size_t* length) const {
  if (counter == 0 || slots_.empty()) return nullptr;
  const Slot& slot = slots_[counter & (slots_.size() - 1)];
  if (slot.counter != counter || end_ - slot.at > capacity_) return nullptr;
  *length = slot.length;
  return ring_.get() + slot.at % capacity_;
}

void ResendStore::clear() {
  ring_.reset();
  capacity_ = 0;
  slots_ = {};
  end_ = roundAt_ = 0;
}

}  // namespace vnet
