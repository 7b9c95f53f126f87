// Traffic per ordered pair of MACs (design section 4): one table a worker, so that counting costs
// one short lock a batch and never a shared cache line a frame.
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
  size_t operator()(const PairKey& key) const {
    return mixHash(key.source * 0x9e3779b97f4a7c15u ^ key.destination);
  }
};

struct PairCount {
  uint64_t frames = 0;
  uint64_t bytes = 0;
  uint64_t droppedFrames = 0;
};

using PairTable = FlatMap<PairKey, PairCount, PairHash>;

class PairCounter {
 public:
  /** False: the table is at its bound and the traffic was not counted. */
  bool add(const PairKey& key, const PairCount& count) {
    std::lock_guard<SpinLock> guard(lock_);
    if (table_.size() >= kPairTableMax && !table_.find(key)) return false;
    PairCount* total = table_.insert(key);
    total->frames += count.frames;
    total->bytes += count.bytes;
    total->droppedFrames += count.droppedFrames;
    return true;
  }

  /** Moves all counts out; the table is empty after it. */
  PairTable take() {
    PairTable taken;
    std::lock_guard<SpinLock> guard(lock_);
    std::swap(taken, table_);
    return taken;
  }

 private:
  SpinLock lock_;
  PairTable table_;
};

}  // namespace vnet
