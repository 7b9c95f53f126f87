// Hash table with open addressing, linear probing and backward-shift deletion: one cache line for
// most look-ups, no allocation per entry. Not thread-safe: whoever holds the table locks it.
// Hash gives the hash of a key, and `kNoKey`, a key that never occurs.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "common.h"
#include "huge_pages.h"

namespace vnet {

template <class Key, class Value, class Hash>
class FlatMap {
 public:
  struct Slot {
    Key key = Hash::kNoKey;
    Value value{};
    bool isUsed() const { return !(key == Hash::kNoKey); }
  };

  size_t size() const { return size_; }

  Value* find(const Key& key) {
    if (slots_.empty()) return nullptr;
    for (size_t i = Hash{}(key)&mask();; i = (i + 1) & mask()) {
      if (!slots_[i].isUsed()) return nullptr;
      if (slots_[i].key == key) return &slots_[i].value;
    }
  }

  /** The value of the key, made if missing. Pointers are valid until the next insert or erase. */
  Value* insert(const Key& key, bool* isNew = nullptr) {
    if ((size_ + 1) * 2 > slots_.size()) grow();
    size_t i = Hash{}(key)&mask();
    while (slots_[i].isUsed() && !(slots_[i].key == key)) i = (i + 1) & mask();
    if (isNew) *isNew = !slots_[i].isUsed();
    if (!slots_[i].isUsed()) {
      slots_[i].key = key;
      slots_[i].value = Value{};
      size_++;
    }
    return &slots_[i].value;
  }

  bool erase(const Key& key) {
    if (slots_.empty()) return false;
    size_t i = Hash{}(key)&mask();
    while (slots_[i].isUsed() && !(slots_[i].key == key)) i = (i + 1) & mask();
    if (!slots_[i].isUsed()) return false;
    closeGap(i);
    size_--;
    return true;
  }

  template <class Visit>
  void forEach(Visit visit) {
    for (auto& slot : slots_) {
      if (slot.isUsed()) visit(slot.key, slot.value);
    }
  }

  /** The key will be looked for soon. */
  void expect(const Key& key) const {
    if (slots_.empty()) return;
    size_t home = Hash{}(key) & mask();
    prefetch(&slots_[home]);
    prefetch(&slots_[(home + 1) & mask()]);  // where it is if another one is at home there
  }

  /** Forgets all, and keeps the memory for as many again. */
  void forgetAll() {
    if (size_ == 0) return;
    for (auto& slot : slots_) slot = Slot{};
    size_ = 0;
  }

  size_t capacity() const { return slots_.size(); }

  void clear() {
    slots_.clear();
    slots_.shrink_to_fit();
    size_ = 0;
  }

 private:
  std::vector<Slot, HugePageAllocator<Slot>> slots_;
  size_t size_ = 0;

  size_t mask() const { return slots_.size() - 1; }

  void grow() {
    decltype(slots_) old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    size_ = 0;
    for (auto& slot : old) {
      if (slot.isUsed()) *insert(slot.key) = std::move(slot.value);
    }
  }

  // Moves later entries of the probe sequence back, so that no tombstone is needed.
  void closeGap(size_t gap) {
    for (size_t i = (gap + 1) & mask(); slots_[i].isUsed(); i = (i + 1) & mask()) {
      size_t home = Hash{}(slots_[i].key) & mask();
      if (((i - home) & mask()) >= ((i - gap) & mask())) {
        slots_[gap] = std::move(slots_[i]);
        gap = i;
      }
    }
    slots_[gap] = Slot{};
  }
};

}  // namespace vnet
