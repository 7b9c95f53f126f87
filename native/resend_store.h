// What the sender of datagrams keeps for repair: the plaintext of those sent lately, in a ring of
// bytes that is written over as it goes, and the budget of what may be sent again. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace vnet {

struct ResendStoreOptions {
  /** 20 ms of 3 Gbit/s. */
  size_t bytesMax = 8 * 1048576;
  /** The ring grows to its bound only if it would go round in less: twice the longest wait. */
  uint64_t keepNs = 300'000'000;
};

class ResendStore {
 public:
  explicit ResendStore(const ResendStoreOptions& options = {}) : options_(options) {}

  /**
   * Remembers head||body, either may be empty; counters grow, not all need be told. What was found
   * before is void.
   */
  void sent(uint64_t counter, const uint8_t* head, size_t headLength, const uint8_t* body,
            size_t bodyLength, uint64_t nowNs);
  /** The plaintext of a datagram, valid until sent(); null: not or no more known. */
  const uint8_t* find(uint64_t counter, size_t* length) const;
  /** Forgets all and gives the memory back. */
  void clear();

  /** Memory taken; none before the first datagram. */
  size_t bytes() const { return capacity_ + slots_.size() * sizeof(Slot); }

 private:
  /** The bytes of a datagram, by the end of its counter. */
  struct Slot {
    uint64_t counter = 0;  // 0: none
    uint64_t at = 0;       // in the stream of all bytes ever written
    size_t length = 0;
  };
  static constexpr size_t kBytesMin = 256 * 1024;
  /** Of a datagram on average; if they are shorter, slots run out before bytes do. */
  static constexpr size_t kBytesPerSlot = 512;

  const ResendStoreOptions options_;
  std::unique_ptr<uint8_t[]> ring_;
  size_t capacity_ = 0;
  std::vector<Slot> slots_;  // a power of two
  uint64_t end_ = 0;         // of the stream of bytes
  uint64_t newest_ = 0;
  // When, with which counter and where the current round through the ring began.
  uint64_t roundNs_ = 0, roundCounter_ = 0, roundAt_ = 0;

  bool isRound(uint64_t counter, size_t length) const;
  void reserve(size_t bytes);
  uint8_t* place(uint64_t counter, size_t length);
};

struct ResendBudgetOptions {
  /** One repair for so many datagrams sent: 3 %. */
  uint64_t datagramsPerRepair = 32;
  uint64_t burst = 128;
};

/** A bucket of tokens that sending fills. */
class ResendBudget {
 public:
  explicit ResendBudget(const ResendBudgetOptions& options = {})
      : options_(options), filled_(options.burst * options.datagramsPerRepair) {}

  void sent(uint64_t datagrams) {
    filled_ = std::min(filled_ + datagrams, options_.burst * options_.datagramsPerRepair);
  }
  /** May one be sent again? */
  bool take(bool isQueueing) {
    if (isQueueing || filled_ < options_.datagramsPerRepair) {
      denied_++;
      return false;
    }
    filled_ -= options_.datagramsPerRepair;
    resent_++;
    return true;
  }

  uint64_t resent() const { return resent_; }
  uint64_t denied() const { return denied_; }

 private:
  const ResendBudgetOptions options_;
  uint64_t filled_;  // datagrams sent and not yet spent
  uint64_t resent_ = 0, denied_ = 0;
};

}  // namespace vnet
