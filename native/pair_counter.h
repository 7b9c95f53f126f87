// Traffic per ordered pair of MACs (design section 4): one table a worker, so that counting costs
// one short lock a batch and never a shared cache line a frame. While one half of the counts is
// read and emptied, the other counts on: neither the memory nor the sizes begin anew.
#pragma once

#include <mutex>

#include "common.h"
#include "flat_map.h"

namespace vnet {

struct PairKey {
  uint64_t source;
  uint64_t destination;
  bool operator==(const PairKey&) const = default;
};

struct PairHash {
  static constexpr PairKey kNoKey{~0ull, ~0ull};
  size_t operator()(const PairKey& key) const {
    return mixHash(key.source * 0x9e3779b97f4a7c15u ^ key.destination ^ kHashSeed);
  }
};

/** Since the last time that it was read: a matter of some 100 ms. */
struct PairCount {
  uint64_t bytes = 0;
  uint32_t frames = 0;
  uint32_t droppedFrames = 0;
};

using PairTable = FlatMap<PairKey, PairCount, PairHash>;

class PairCounter {
 public:
  /** On the worker's thread. False: the table is at its bound and the traffic was not counted. */
  bool add(const PairKey& key, const PairCount& count) {
    std::lock_guard<SpinLock> guard(lock_);
    PairTable& table = halves_[now_.load(std::memory_order_relaxed)];
    if (table.size() == 0 && table.capacity() > kRoomyFor * (pastPairs_ + 1)) table.clear();
    if (table.size() >= kPairTableMax && !table.find(key)) return false;
    PairCount* total = table.insert(key);
    total->frames += count.frames;
    total->bytes += count.bytes;
    total->droppedFrames += count.droppedFrames;
    return true;
  }

  /** On the worker's thread: the pair will be counted soon. */
  void expect(const PairKey& key) const {
    halves_[now_.load(std::memory_order_relaxed)].expect(key);
  }

  /** Calls visit(key, count) for all since the last time, and begins anew. One thread at a time. */
  template <class Visit>
  void drain(Visit visit) {
    uint32_t past = now_.load(std::memory_order_relaxed);
    {
      std::lock_guard<SpinLock> guard(lock_);
      now_.store(1 - past, std::memory_order_relaxed);
      pastPairs_ = halves_[past].size();
    }
    halves_[past].forEach(visit);
    halves_[past].forgetAll();
  }

 private:
  /** A half with room for so many times the pairs of late gives its memory back. */
  static constexpr size_t kRoomyFor = 64;

  SpinLock lock_;
  std::atomic<uint32_t> now_{0};
  size_t pastPairs_ = 0;
  PairTable halves_[2];  // only the worker changes where they lie, so that it may look ahead
};

}  // namespace vnet
