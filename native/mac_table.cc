// Learning, moving, damping and ageing of MACs. See mac_table.h.
#include "mac_table.h"

#include <algorithm>

namespace vnet {

MacTable::MacTable(uint64_t ageMs)
    : ageMs_(ageMs),
      refreshTicks_(static_cast<int32_t>(std::clamp<uint64_t>(ageMs / 16, kTickMs, 1000) /
                                          kTickMs)) {}

// Slot:  key    63..53 0 | 52 used | 51 announced | 50 static | 49..48 kind of place | 47..0 MAC
//        value  63..32 tick when it was seen | 31..0 id of the place
static constexpr uint64_t kStatic = 1ull << 50, kAnnounced = 1ull << 51, kUsed = 1ull << 52;

bool MacTable::Slot::is(uint64_t wantedMac) const {
  uint64_t found = key.load(std::memory_order_acquire);
  return (found & (kMacBits | kUsed)) == (wantedMac | kUsed);
}

uint64_t MacTable::pack(const Entry& entry, uint64_t mac, uint64_t* value) {
  *value = static_cast<uint64_t>(entry.seenTick) << 32 | entry.where.id;
  return mac | static_cast<uint64_t>(entry.where.kind) << 48 | (entry.isStatic ? kStatic : 0) |
         (entry.isAnnounced ? kAnnounced : 0) | kUsed;
}

MacTable::Entry MacTable::unpack(uint64_t key, uint64_t value) {
  Entry entry;
  entry.where = {static_cast<Location::Kind>(key >> 48 & 3), static_cast<uint32_t>(value)};
  entry.seenTick = static_cast<uint32_t>(value >> 32);
  entry.isAnnounced = (key & kAnnounced) != 0;
  entry.isStatic = (key & kStatic) != 0;
  return entry;
}

void MacTable::store(Slot& slot, uint64_t mac, const Entry& entry) {
  uint64_t value = 0, key = pack(entry, mac, &value);
  slot.value.store(value, std::memory_order_release);
  slot.key.store(key, std::memory_order_release);
}

MacTable::Entry MacTable::entryOf(const Slot& slot) {
  return unpack(slot.key.load(std::memory_order_acquire),
                slot.value.load(std::memory_order_acquire));
}

Location MacTable::find(uint64_t mac) const {
  Location where;
  table_.read([&](auto& array) {
    Slot* slot = array.find(MacHash{}(mac), [&](const Slot& each) { return each.is(mac); });
    where = slot ? entryOf(*slot).where : Location{};
  });
  return where;
}

MacTable::Slot* MacTable::slotOf(uint64_t mac) {
  return table_.find(MacHash{}(mac), [&](const Slot& slot) { return slot.is(mac); });
}

LearnResult MacTable::learn(uint64_t mac, Location where, uint64_t nowMs, bool isAnnounced,
                            Location* previous, uint32_t* moves) {
  Slot* slot = nullptr;
  uint64_t key = 0, value = 0;
  table_.read([&](auto& array) {
    slot = array.find(MacHash{}(mac), [&](const Slot& each) { return each.is(mac); });
    if (!slot) return;
    key = slot->key.load(std::memory_order_acquire);
    value = slot->value.load(std::memory_order_acquire);
  });
  uint32_t tick = tickOf(nowMs);
  Entry known = unpack(key, value);
  bool isSame = known.where == where && (known.isAnnounced || !isAnnounced);
  if (!slot || !(isSame || known.isStatic)) {
    std::lock_guard<SpinLock> guard(lock_);
    return relearn(mac, {where, tick, isAnnounced, false}, nowMs, previous, moves);
  }
  *previous = known.where;
  bool isStale = static_cast<int32_t>(tick - known.seenTick) >= refreshTicks_;
  if (isStale && !known.isStatic) {
    // Fails where somebody changed the slot meanwhile: the next frame tells it again.
    uint64_t fresh = static_cast<uint64_t>(tick) << 32 | known.where.id;
    slot->value.compare_exchange_strong(value, fresh, std::memory_order_acq_rel);
  }
  return LearnResult::unchanged;
}

LearnResult MacTable::relearn(uint64_t mac, const Entry& seen, uint64_t nowMs, Location* previous,
                              uint32_t* moves) {
  Slot* slot = slotOf(mac);
  if (!slot) {
    if (size() >= kMacTableMax) return LearnResult::full;
    add(mac, seen);
    return LearnResult::added;
  }
  Entry known = entryOf(*slot);
  *previous = known.where;
  if (known.isStatic) return LearnResult::unchanged;
  LearnResult result = known.where == seen.where ? LearnResult::unchanged : move(mac, nowMs);
  if (result == LearnResult::unchanged || result == LearnResult::moved) {
    Entry next = seen;
    next.isAnnounced |= known.isAnnounced && result == LearnResult::unchanged;
    table_.write([&] { store(*slot, mac, next); });
  }
  if (Moves* found = moves_.find(mac)) *moves = found->count;
  return result;
}

LearnResult MacTable::move(uint64_t mac, uint64_t nowMs) {
  bool isFirst = false;
  Moves& moves = *moves_.insert(mac, &isFirst);
  if (nowMs < moves.dampedUntilMs) return LearnResult::damped;
  if (isFirst || nowMs - moves.windowStartMs > kFlapWindowMs) moves = {nowMs, 0, 0};
  moves.count++;
  if (moves.count <= kFlapMovesMax) return LearnResult::moved;
  moves.dampedUntilMs = nowMs + kFlapHoldMs;
  return LearnResult::startedFlapping;
}

void MacTable::add(uint64_t mac, const Entry& entry) {
  table_.insert(MacHash{}(mac), [&](Slot& slot) { store(slot, mac, entry); });
  size_.store(table_.size(), std::memory_order_relaxed);
}

void MacTable::erase(Slot& slot) {
  moves_.erase(slot.mac());
  table_.remove(slot);
  size_.store(table_.size(), std::memory_order_relaxed);
}

void MacTable::setStatic(uint64_t mac, Location where) {
  std::lock_guard<SpinLock> guard(lock_);
  Entry entry{where, tickOf(nowMs()), false, true};
  moves_.erase(mac);
  Slot* slot = slotOf(mac);
  if (!slot) return add(mac, entry);
  table_.write([&] { store(*slot, mac, entry); });
}

bool MacTable::forget(uint64_t mac) {
  std::lock_guard<SpinLock> guard(lock_);
  Slot* slot = slotOf(mac);
  if (!slot || entryOf(*slot).isStatic) return false;
  erase(*slot);
  return true;
}

void MacTable::forgetLocation(Location where) {
  std::lock_guard<SpinLock> guard(lock_);
  table_.forEach([&](Slot& slot) {
    if (entryOf(slot).where == where) erase(slot);
  });
}

std::vector<uint64_t> MacTable::oldEntries(uint64_t nowMs) {
  std::lock_guard<SpinLock> guard(lock_);
  std::vector<uint64_t> old;
  uint64_t graceMs = (static_cast<uint64_t>(refreshTicks_) + 1) * kTickMs;
  table_.forEach([&](const Slot& slot) {
    Entry entry = entryOf(slot);
    bool isAgeing = !entry.isStatic && !entry.isAnnounced;
    bool isOld = nowMs > entry.seenTick * kTickMs + ageMs_ + graceMs;
    if (isAgeing && isOld) old.push_back(slot.mac());
  });
  return old;
}

void MacTable::forgetCalmOnes(uint64_t nowMs) {
  std::lock_guard<SpinLock> guard(lock_);
  std::vector<uint64_t> calm;
  moves_.forEach([&](uint64_t mac, const Moves& moves) {
    bool isOver = nowMs - moves.windowStartMs > kFlapWindowMs && nowMs >= moves.dampedUntilMs;
    if (isOver) calm.push_back(mac);
  });
  for (uint64_t mac : calm) moves_.erase(mac);
}

std::vector<MacSnapshot> MacTable::snapshot(uint64_t nowMs) {
  std::lock_guard<SpinLock> guard(lock_);
  std::vector<MacSnapshot> all;
  table_.forEach([&](const Slot& slot) {
    Entry entry = entryOf(slot);
    uint64_t seenMs = entry.seenTick * kTickMs;
    Moves* moves = moves_.find(slot.mac());
    bool isRecent = moves && nowMs - moves->windowStartMs <= kFlapWindowMs;
    all.push_back({slot.mac(), entry.where, nowMs > seenMs ? nowMs - seenMs : 0,
                   isRecent ? moves->count : 0, moves && nowMs < moves->dampedUntilMs});
  });
  return all;
}

}  // namespace vnet
