// The forwarding rules: (destination, source) and destination alone. The more specific wins; which
// of the two kinds exist at all is known without a lock, so that no rules cost nothing.
#pragma once

#include <array>
#include <deque>
#include <mutex>
#include <vector>

#include "common.h"
#include "flat_map.h"
#include "pair_counter.h"

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
  /** Stays valid for ever (recycled after removal), so that a batch may count late. */
  RuleCounters* counters = nullptr;
};

struct RuleSnapshot {
  uint64_t destination;
  uint64_t source;  // kAnySource: any
  Rule rule;
};

class RuleTable {
 public:
  static constexpr uint64_t kAnySource = ~0ull;

  /** False: the table is at its bound. An existing rule is replaced in one step. */
  bool set(uint64_t destination, uint64_t source, RuleTarget target, bool isTransit);
  bool remove(uint64_t destination, uint64_t source);
  bool find(uint64_t destination, uint64_t source, Rule* out);
  bool hasPairRules() const { return pairRules_.load(std::memory_order_relaxed) > 0; }
  bool hasDestinationRules() const { return anyRules_.load(std::memory_order_relaxed) > 0; }
  std::vector<RuleSnapshot> snapshot();

 private:
  struct alignas(64) Shard {
    SpinLock lock;
    FlatMap<PairKey, Rule, PairHash> map;
  };
  static constexpr size_t kShards = 64;

  std::array<Shard, kShards> shards_;
  std::atomic<size_t> pairRules_{0};
  std::atomic<size_t> anyRules_{0};
  std::mutex poolLock_;
  std::deque<RuleCounters> pool_;
  std::vector<RuleCounters*> freeCounters_;

  Shard& shardOf(const PairKey& key) { return shards_[(PairHash{}(key) >> 24) % kShards]; }
  RuleCounters* takeCounters();
};

}  // namespace vnet
