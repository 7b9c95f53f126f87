// Frames that a link's queues dropped, by pair of MACs: such a pair would send more if it could,
// which its count of bytes does not tell. Guarded by the link's lock, but for isEmpty().
#pragma once

#include <atomic>

#include "frame.h"
#include "gso.h"
#include "pair_counter.h"

namespace vnet {

class DroppedPairs {
 public:
  /** Between two drains; queues drop from a few heavy flows. */
  static constexpr size_t kPairsMax = 4096;

  /** A whole message. A super-frame counts as the frames that it stands for. */
  void add(const uint8_t* wire, size_t length) {
    bool isOffloaded = wire[0] == static_cast<uint8_t>(MessageType::offloadedFrame);
    size_t skip = kHeaderBytes + (isOffloaded ? kVnetHeaderBytes : 0);
    if (length < skip + kFrameBytesMin) return;
    const uint8_t* frame = wire + skip;
    PairKey key{macKey(frame + 6), macKey(frame)};
    if (frames_.size() >= kPairsMax && !frames_.find(key)) return;
    uint64_t bytes = 0;
    VnetHeader offload = isOffloaded ? VnetHeader::parse(wire + kHeaderBytes) : VnetHeader{};
    *frames_.insert(key) += isOffloaded ? wireFrames(offload, frame, length - skip, &bytes) : 1;
    isEmpty_.store(false, std::memory_order_relaxed);
  }

  /** Without the lock: false a little late does no harm. */
  bool isEmpty() const { return isEmpty_.load(std::memory_order_relaxed); }

  /** Calls visit(key, frames) for all since the last time, and begins anew. */
  template <class Visit>
  void drain(Visit visit) {
    frames_.forEach(visit);
    frames_.clear();
    isEmpty_.store(true, std::memory_order_relaxed);
  }

 private:
  FlatMap<PairKey, uint32_t, PairHash> frames_;
  std::atomic<bool> isEmpty_{true};
};

}  // namespace vnet
