// Setting, removing and finding rules. See rule_table.h.
#include "rule_table.h"

namespace vnet {

RuleCounters* RuleTable::takeCounters() {
  std::lock_guard<std::mutex> guard(poolLock_);
  if (freeCounters_.empty()) return &pool_.emplace_back();
  RuleCounters* counters = freeCounters_.back();
  freeCounters_.pop_back();
  counters->frames = 0;
  counters->bytes = 0;
  return counters;
}

bool RuleTable::set(uint64_t destination, uint64_t source, RuleTarget target, bool isTransit) {
  PairKey key{source, destination};
  Shard& shard = shardOf(key);
  RuleCounters* fresh = takeCounters();
  std::lock_guard<SpinLock> guard(shard.lock);
  Rule* rule = shard.map.find(key);
  if (!rule) {
    if (pairRules_ + anyRules_ >= kRuleTableMax) return false;
    rule = shard.map.insert(key);
    (source == kAnySource ? anyRules_ : pairRules_)++;
  } else {
    std::lock_guard<std::mutex> poolGuard(poolLock_);
    freeCounters_.push_back(rule->counters);
  }
  *rule = Rule{target, isTransit, fresh};
  return true;
}

bool RuleTable::remove(uint64_t destination, uint64_t source) {
  PairKey key{source, destination};
  Shard& shard = shardOf(key);
  std::lock_guard<SpinLock> guard(shard.lock);
  Rule* rule = shard.map.find(key);
  if (!rule) return false;
  {
    std::lock_guard<std::mutex> poolGuard(poolLock_);
    freeCounters_.push_back(rule->counters);
  }
  shard.map.erase(key);
  (source == kAnySource ? anyRules_ : pairRules_)--;
  return true;
}

bool RuleTable::find(uint64_t destination, uint64_t source, Rule* out) {
  PairKey key{source, destination};
  Shard& shard = shardOf(key);
  std::lock_guard<SpinLock> guard(shard.lock);
  Rule* rule = shard.map.find(key);
  if (rule) *out = *rule;
  return rule != nullptr;
}

std::vector<RuleSnapshot> RuleTable::snapshot() {
  std::vector<RuleSnapshot> all;
  for (auto& shard : shards_) {
    std::lock_guard<SpinLock> guard(shard.lock);
    shard.map.forEach([&](const PairKey& key, Rule& rule) {
      all.push_back({key.destination, key.source, rule});
    });
  }
  return all;
}

}  // namespace vnet
