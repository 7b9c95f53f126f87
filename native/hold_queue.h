// Messages of datagrams that came before one which is missing, held back in the order of their
// counters until it is there or given up. How long is up to who knows the gaps (gap_tracker.h); how
// much is bounded here. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vnet {

class HoldQueue {
 public:
  /** 130 ms of 500 Mbit/s. Above it the oldest go, gap or not. */
  static constexpr size_t kBytesMax = 8 * 1048576;

  explicit HoldQueue(size_t bytesMax = kBytesMax) : bytesMax_(bytesMax) {}
  ~HoldQueue() { clear(); }
  HoldQueue(const HoldQueue&) = delete;
  HoldQueue& operator=(const HoldQueue&) = delete;

  /** Copies a message. release() after each datagram keeps the bound. */
  void hold(uint64_t counter, const uint8_t* wire, size_t length, uint64_t nowNs);

  /**
   * Gives those with counters below `firstOpen` to sink(uint8_t* wire, size_t length), in order,
   * and the oldest of all as long as there are too many bytes. The bytes are the sink's until it
   * returns; it must not call back. Returns how many there were.
   */
  template <class Sink>
  size_t release(uint64_t firstOpen, Sink&& sink) {
    size_t count = 0;
    while (!empty() && (items_[head_].counter < firstOpen || bytes_ > bytesMax_)) {
      Item item = take();
      sink(item.wire, item.length);
      delete[] item.wire;
      count++;
    }
    return count;
  }
  void clear();

  bool empty() const { return head_ == items_.size(); }
  size_t size() const { return items_.size() - head_; }
  /** Memory that the messages take. */
  size_t bytes() const { return bytes_; }
  /** When the first of them was taken in; UINT64_MAX: there is none. */
  uint64_t oldestNs() const { return empty() ? UINT64_MAX : items_[head_].heldNs; }

 private:
  struct Item {
    uint64_t counter;
    uint64_t heldNs;
    uint8_t* wire;
    size_t length;
  };

  const size_t bytesMax_;
  std::vector<Item> items_;  // by counter, from head_ on
  size_t head_ = 0;
  size_t bytes_ = 0;

  Item take();
  static size_t cost(size_t length);
};

}  // namespace vnet
