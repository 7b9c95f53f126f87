// A hash table that every worker looks into for each frame, and that changes seldom: readers take
// no lock and write nothing, they look again if a writer was there meanwhile (a sequence lock:
// Lameter, "Effective Synchronization on Linux/NUMA Systems", 2005; for C++ Boehm, "Can Seqlocks
// Get Along With Programming Language Memory Models?", MSPC 2012).
//
// A Slot consists of atomics, which are loaded with acquire and stored with release order. `key` is
// 0 in a slot that is free, kRemovedKey in one that was not always, else what is there. It has
// hash(), and assign(other).
#pragma once

#include <sys/mman.h>

#include <memory>
#include <vector>

#include "common.h"
#include "huge_pages.h"

namespace vnet {

constexpr uint64_t kRemovedKey = 1ull << 63;

template <class Slot>
class SharedTable {
 public:
  class Array {
   public:
    explicit Array(size_t capacity) : mask_(capacity - 1), slots_(capacity) {}

    /** The slot with this hash for which isIt(slot) holds; null: there is none. */
    template <class IsIt>
    Slot* find(size_t hash, IsIt isIt) {
      // While a writer is there all may seem taken: the reader will look again.
      for (size_t step = 0; step <= mask_; step++) {
        Slot& slot = slots_[(hash + step) & mask_];
        if (isIt(slot)) return &slot;
        if (slot.key.load(std::memory_order_acquire) == 0) return nullptr;
      }
      return nullptr;
    }

    void expect(size_t hash) const {
      prefetch(&slots_[hash & mask_]);
      // Where a slot is a cache line, one in four is not where it would like to be, but behind.
      if (sizeof(Slot) >= 64) prefetch(&slots_[(hash + 1) & mask_]);
    }

   private:
    friend SharedTable;
    const size_t mask_;
    std::vector<Slot, HugePageAllocator<Slot>> slots_;

    /** Where a slot of this hash goes that is not there yet. */
    Slot& freeSlot(size_t hash) {
      for (;; hash++) {
        Slot& slot = slots_[hash & mask_];
        if (!isUsed(slot)) return slot;
      }
    }
  };

  SharedTable() { replace(std::make_unique<Array>(kCapacityMin)); }

  /** Calls look(array) until no writer came in between; on any thread. */
  template <class Look>
  void read(Look look) const {
    for (int tries = 0;; tries++) {
      uint32_t before = version_.load(std::memory_order_acquire);
      if ((before & 1) == 0) {
        look(*current_.load(std::memory_order_acquire));
        if (version_.load(std::memory_order_relaxed) == before) return;
      }
      pauseAfter(tries);
    }
  }

  /** Fetches the slot of a hash that will be looked for soon; on any thread. */
  void expect(size_t hash) const { current_.load(std::memory_order_acquire)->expect(hash); }

  // For one writer at a time; the table's owner locks.

  size_t size() const { return size_; }

  template <class IsIt>
  Slot* find(size_t hash, IsIt isIt) {
    return current().find(hash, isIt);
  }

  /** Calls change() while readers wait. */
  template <class Change>
  void write(Change change) {
    uint32_t version = version_.load(std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_relaxed);
    change();
    version_.store(version + 2, std::memory_order_release);
  }

  /** Fills a slot by fill(slot), which sets the key last. It must not be there yet. */
  template <class Fill>
  void insert(size_t hash, Fill fill) {
    if ((taken_ + 1) * 2 > current().mask_) rebuild();
    Slot& slot = current().freeSlot(hash);
    taken_ += slot.key.load(std::memory_order_relaxed) == 0;
    size_++;
    write([&] { fill(slot); });
  }

  void remove(Slot& slot) {
    write([&] { slot.key.store(kRemovedKey, std::memory_order_release); });
    size_--;
  }

  /** Calls visit(slot), which may remove it. */
  template <class Visit>
  void forEach(Visit visit) {
    for (Slot& slot : current().slots_) {
      if (isUsed(slot)) visit(slot);
    }
  }

 private:
  static constexpr size_t kCapacityMin = 64;

  std::atomic<Array*> current_{nullptr};
  std::atomic<uint32_t> version_{0};
  std::vector<std::unique_ptr<Array>> arrays_;  // a reader may still look into an old one
  size_t size_ = 0;
  size_t taken_ = 0;  // slots used, and those that were

  static bool isUsed(const Slot& slot) {
    uint64_t key = slot.key.load(std::memory_order_relaxed);
    return key != 0 && key != kRemovedKey;
  }

  Array& current() { return *current_.load(std::memory_order_relaxed); }

  /** Into an array for twice as many, without those removed. */
  void rebuild() {
    size_t capacity = kCapacityMin;
    while (capacity < (size_ + 1) * 4) capacity *= 2;
    auto next = std::make_unique<Array>(capacity);
    write([&] {
      forEach([&](const Slot& slot) { next->freeSlot(slot.hash()).assign(slot); });
      replace(std::move(next));
    });
    taken_ = size_;
  }

  /** The slots before it stay addresses that can be read and written, but give up their memory. */
  void replace(std::unique_ptr<Array> next) {
    if (!arrays_.empty()) letGo(arrays_.back()->slots_);
    current_.store(next.get(), std::memory_order_release);
    arrays_.push_back(std::move(next));
  }

  static void letGo(std::vector<Slot, HugePageAllocator<Slot>>& slots) {
    if (!HugePageAllocator<Slot>::isHuge(slots.size())) return;
    madvise(slots.data(), slots.size() * sizeof(Slot), MADV_DONTNEED);
  }

  static void pauseAfter(int tries) {
    if (tries < 64) return cpuRelax();
    timespec shortly{0, 20000};
    nanosleep(&shortly, nullptr);
  }
};

}  // namespace vnet
