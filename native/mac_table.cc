// Learning, moving, damping and ageing of MACs. See mac_table.h.
#include "mac_table.h"

namespace vnet {

Location MacTable::find(uint64_t mac) {
  Shard& shard = shardOf(mac);
  std::lock_guard<SpinLock> guard(shard.lock);
  Entry* entry = shard.map.find(mac);
  return entry ? entry->where : Location{};
}

LearnResult MacTable::learn(uint64_t mac, Location where, uint64_t nowMs, bool isAnnounced,
                            Location* previous, uint32_t* moves) {
  Shard& shard = shardOf(mac);
  std::lock_guard<SpinLock> guard(shard.lock);
  Entry* entry = shard.map.find(mac);
  if (!entry) {
    if (size_.load(std::memory_order_relaxed) >= kMacTableMax) return LearnResult::full;
    entry = shard.map.insert(mac);
    size_.fetch_add(1, std::memory_order_relaxed);
    entry->where = where;
    entry->seenMs = entry->windowStartMs = nowMs;
    entry->isAnnounced = isAnnounced;
    return LearnResult::added;
  }
  *previous = entry->where;
  LearnResult result = LearnResult::unchanged;
  if (entry->isStatic) return result;
  if (!(entry->where == where)) result = move(entry, where, nowMs);
  if (result == LearnResult::unchanged || result == LearnResult::moved) {
    entry->seenMs = nowMs;
    entry->isAnnounced = isAnnounced || (entry->isAnnounced && result == LearnResult::unchanged);
  }
  *moves = entry->moves;
  return result;
}

LearnResult MacTable::move(Entry* entry, Location where, uint64_t nowMs) {
  if (nowMs < entry->dampedUntilMs) return LearnResult::damped;
  if (nowMs - entry->windowStartMs > kFlapWindowMs) {
    entry->windowStartMs = nowMs;
    entry->moves = 0;
  }
  entry->moves++;
  if (entry->moves > kFlapMovesMax) {
    entry->dampedUntilMs = nowMs + kFlapHoldMs;
    return LearnResult::startedFlapping;
  }
  entry->where = where;
  return LearnResult::moved;
}

void MacTable::setStatic(uint64_t mac, Location where) {
  Shard& shard = shardOf(mac);
  std::lock_guard<SpinLock> guard(shard.lock);
  bool isNew = false;
  Entry* entry = shard.map.insert(mac, &isNew);
  if (isNew) size_.fetch_add(1, std::memory_order_relaxed);
  *entry = Entry{};
  entry->where = where;
  entry->isStatic = true;
  entry->seenMs = nowMs();
}

bool MacTable::forget(uint64_t mac) {
  Shard& shard = shardOf(mac);
  std::lock_guard<SpinLock> guard(shard.lock);
  Entry* entry = shard.map.find(mac);
  if (!entry || entry->isStatic) return false;
  erase(shard, mac);
  return true;
}

void MacTable::erase(Shard& shard, uint64_t mac) {
  shard.map.erase(mac);
  size_.fetch_sub(1, std::memory_order_relaxed);
}

void MacTable::forgetLocation(Location where) {
  for (auto& shard : shards_) {
    std::vector<uint64_t> gone;
    std::lock_guard<SpinLock> guard(shard.lock);
    shard.map.forEach([&](uint64_t mac, Entry& entry) {
      if (entry.where == where) gone.push_back(mac);
    });
    for (uint64_t mac : gone) erase(shard, mac);
  }
}

std::vector<uint64_t> MacTable::oldEntries(Shard& shard, uint64_t nowMs) {
  std::vector<uint64_t> old;
  std::lock_guard<SpinLock> guard(shard.lock);
  shard.map.forEach([&](uint64_t mac, Entry& entry) {
    bool isAgeing = !entry.isStatic && !entry.isAnnounced;
    if (isAgeing && nowMs > entry.seenMs + ageMs_) old.push_back(mac);
  });
  return old;
}

std::vector<MacSnapshot> MacTable::snapshot(uint64_t nowMs) {
  std::vector<MacSnapshot> all;
  for (auto& shard : shards_) {
    std::lock_guard<SpinLock> guard(shard.lock);
    shard.map.forEach([&](uint64_t mac, Entry& entry) {
      bool isRecent = nowMs - entry.windowStartMs <= kFlapWindowMs;
      all.push_back({mac, entry.where, nowMs > entry.seenMs ? nowMs - entry.seenMs : 0,
                     isRecent ? entry.moves : 0, nowMs < entry.dampedUntilMs});
    });
  }
  return all;
}

}  // namespace vnet
