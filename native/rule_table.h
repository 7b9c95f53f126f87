// The forwarding rules: (destination, source) and destination alone. The more specific wins; which
// of the two kinds exist at all is known without looking, so that no rules cost nothing.
//
// A rule is one cache line, its counters included; a look-up takes no lock.
#pragma once

#include <mutex>
#include <vector>

#include "common.h"
#include "shared_table.h"

namespace vnet {

/** Where a rule sends a frame. */
struct RuleTarget {
  enum class Kind : uint8_t { drop, port, link };
  Kind kind = Kind::drop;
  uint32_t id = 0;
};

struct RuleCounters {
  std::atomic<uint64_t> frames{0};
  std::atomic<uint64_t> bytes{0};
};

struct Rule {
  RuleTarget target;
  bool isTransit = false;
  /**
   * Stays an address to count at as long as the table is there, so that a batch may count late.
   * What is counted late is lost if the table grew meanwhile, or belongs to another rule if this
   * one was removed.
   */
  RuleCounters* counters = nullptr;
};

struct RuleSnapshot {
  uint64_t destination;
  uint64_t source;  // kAnySource: any
  RuleTarget target;
  bool isTransit;
  uint64_t frames, bytes;
};

class RuleTable {
 public:
  static constexpr uint64_t kAnySource = ~0ull;

  /** False: the table is at its bound. An existing rule is replaced in one step. */
  bool set(uint64_t destination, uint64_t source, RuleTarget target, bool isTransit);
  bool remove(uint64_t destination, uint64_t source);
  bool find(uint64_t destination, uint64_t source, Rule* out) const;
  /** It will be looked for soon. */
  void expect(uint64_t destination, uint64_t source) const {
    table_.expect(hashOf(destination, source));
  }
  bool hasPairRules() const { return pairRules_.load(std::memory_order_relaxed) > 0; }
  bool hasDestinationRules() const { return anyRules_.load(std::memory_order_relaxed) > 0; }
  std::vector<RuleSnapshot> snapshot();

 private:
  static constexpr uint64_t kUsed = 1ull << 48, kTransit = 1ull << 40;
  struct alignas(64) Slot {
    std::atomic<uint64_t> key{0};  // destination, kUsed
    std::atomic<uint64_t> source{0};
    std::atomic<uint64_t> target{0};  // 40 is transit | 39..32 kind | 31..0 id
    RuleCounters counters;
    bool is(uint64_t wantedDestination, uint64_t wantedSource) const;
    uint64_t destination() const { return key.load(std::memory_order_relaxed) & ~kUsed; }
    size_t hash() const { return hashOf(destination(), source); }
    void assign(const Slot& other);
  };
  SharedTable<Slot> table_;
  std::mutex lock_;  // of whoever changes anything
  std::atomic<size_t> pairRules_{0};
  std::atomic<size_t> anyRules_{0};

  static size_t hashOf(uint64_t destination, uint64_t source) {
    return mixHash(source * 0x9e3779b97f4a7c15u ^ destination ^ kHashSeed);
  }
  /** With the lock held. */
  Slot* slotOf(uint64_t destination, uint64_t source);
  static RuleTarget targetOf(uint64_t packed) {
    return {static_cast<RuleTarget::Kind>(packed >> 32 & 0xff), static_cast<uint32_t>(packed)};
  }
  std::atomic<size_t>& countOf(uint64_t source) {
    return source == kAnySource ? anyRules_ : pairRules_;
  }
};

}  // namespace vnet
