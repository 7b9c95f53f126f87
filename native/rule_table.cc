// Setting, removing and finding rules. See rule_table.h.
#include "rule_table.h"

namespace vnet {

bool RuleTable::Slot::is(uint64_t wantedDestination, uint64_t wantedSource) const {
  return key.load(std::memory_order_acquire) == (wantedDestination | kUsed) &&
         source.load(std::memory_order_acquire) == wantedSource;
}

void RuleTable::Slot::assign(const Slot& other) {
  key.store(other.key, std::memory_order_relaxed);
  source.store(other.source, std::memory_order_relaxed);
  target.store(other.target, std::memory_order_relaxed);
  counters.frames.store(other.counters.frames, std::memory_order_relaxed);
  counters.bytes.store(other.counters.bytes, std::memory_order_relaxed);
}

RuleTable::Slot* RuleTable::slotOf(uint64_t destination, uint64_t source) {
  return table_.find(hashOf(destination, source),
                     [&](const Slot& slot) { return slot.is(destination, source); });
}

bool RuleTable::set(uint64_t destination, uint64_t source, RuleTarget target, bool isTransit) {
  std::lock_guard<std::mutex> guard(lock_);
  auto fill = [&](Slot& slot) {
    slot.counters.frames.store(0, std::memory_order_relaxed);
    slot.counters.bytes.store(0, std::memory_order_relaxed);
    uint64_t packed = target.id | static_cast<uint64_t>(target.kind) << 32;
    slot.target.store(packed | (isTransit ? kTransit : 0), std::memory_order_release);
    slot.source.store(source, std::memory_order_release);
    slot.key.store(destination | kUsed, std::memory_order_release);
  };
  if (Slot* slot = slotOf(destination, source)) {
    table_.write([&] { fill(*slot); });
    return true;
  }
  if (table_.size() >= kRuleTableMax) return false;
  table_.insert(hashOf(destination, source), fill);
  countOf(source)++;
  return true;
}

bool RuleTable::remove(uint64_t destination, uint64_t source) {
  std::lock_guard<std::mutex> guard(lock_);
  Slot* slot = slotOf(destination, source);
  if (!slot) return false;
  table_.remove(*slot);
  countOf(source)--;
  return true;
}

bool RuleTable::find(uint64_t destination, uint64_t source, Rule* out) const {
  bool isFound = false;
  table_.read([&](auto& array) {
    Slot* slot = array.find(hashOf(destination, source), [&](const Slot& each) {
      return each.is(destination, source);
    });
    isFound = slot != nullptr;
    if (!slot) return;
    uint64_t target = slot->target.load(std::memory_order_acquire);
    *out = {targetOf(target), (target & kTransit) != 0, &slot->counters};
  });
  return isFound;
}

std::vector<RuleSnapshot> RuleTable::snapshot() {
  std::lock_guard<std::mutex> guard(lock_);
  std::vector<RuleSnapshot> all;
  table_.forEach([&](const Slot& slot) {
    uint64_t target = slot.target;
    all.push_back({slot.destination(), slot.source, targetOf(target), (target & kTransit) != 0,
                   slot.counters.frames, slot.counters.bytes});
  });
  return all;
}

}  // namespace vnet
