// The bounded queue in front of a link: fair between flows, short by delay. Deficit round robin
// over flows with a small preference for flows that just began to send (RFC 8290, "FQ-CoDel"), and
// CoDel (RFC 8289) within each. When the bound is reached, the longest flow loses from its head: a
// heavy stream cannot push out a light one. Not thread-safe: the link locks.
#pragma once

#include <stdlib.h>

#include <deque>
#include <vector>

#include "common.h"
#include "dropped_pairs.h"

namespace vnet {

struct FairQueueOptions {
  size_t bytesMax = kLinkQueueBytesMax;
  uint64_t targetNs = 5'000'000;      // 0: no CoDel
  uint64_t intervalNs = 100'000'000;
  size_t quantumBytes = 16384;
};

class FairQueue {
 public:
  /** `droppedPairs`: whose frames are dropped is noted there, unless it is null. */
  explicit FairQueue(const FairQueueOptions& options = {}, DroppedPairs* droppedPairs = nullptr)
      : options_(options), droppedPairs_(droppedPairs) {}
  ~FairQueue() { clear(); }
  FairQueue(const FairQueue&) = delete;
  FairQueue& operator=(const FairQueue&) = delete;

  /** Copies a message (header included). Returns how many messages were dropped for room. */
  size_t push(const uint8_t* wire, size_t length, uint64_t nowNs);
  /**
   * Fills `out` (of `size` bytes) with whole messages until there are `enough` bytes; `dropped`:
   * how many CoDel took out instead.
   */
  size_t pull(uint8_t* out, size_t size, size_t enough, uint64_t nowNs, uint32_t* dropped);
  size_t pull(uint8_t* out, size_t size, uint64_t nowNs, uint32_t* dropped) {
    return pull(out, size, size, nowNs, dropped);
  }
  void clear();

  size_t bytes() const { return bytes_; }
  size_t frames() const { return frames_; }
  bool empty() const { return frames_ == 0; }

 private:
  static constexpr size_t kFlows = 256;

  /** A message; its bytes follow in the same allocation. */
  struct Item {
    Item* next;
    uint32_t length;
    uint64_t queuedNs;
    uint8_t* wire() { return reinterpret_cast<uint8_t*>(this + 1); }
  };
  struct Flow {
    Item* head = nullptr;
    Item* tail = nullptr;
    size_t bytes = 0;
    int64_t deficit = 0;
    enum class List : uint8_t { none, fresh, old } list = List::none;
    // CoDel
    uint64_t firstAboveNs = 0;
    uint64_t dropNextNs = 0;
    uint32_t dropCount = 0, lastDropCount = 0;
    bool isDropping = false;
  };

  FairQueueOptions options_;
  DroppedPairs* droppedPairs_;
  std::vector<Flow> flows_;  // none until the first message waits
  std::deque<uint16_t> fresh_, old_;
  size_t bytes_ = 0, frames_ = 0;

  Flow* nextFlow();
  Item* take(Flow& flow);
  void discard(Flow& flow) { free(take(flow)); }
  void drop(Flow& flow);
  bool isStanding(Flow& flow, uint64_t nowNs);
  void codel(Flow& flow, uint64_t nowNs, uint32_t* dropped);
  size_t dropFromFattest();
};

/** Which flow a message is of: addresses, protocol and ports of its inner frame. */
uint64_t flowHash(const uint8_t* wire, size_t length);

}  // namespace vnet
