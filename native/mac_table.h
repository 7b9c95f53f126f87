// Where each MAC is: on a local port, or behind a link. Learned from frames, or announced by a
// host.
//
// A MAC that shows up elsewhere moves at once (a migrated guest must not lose its network), unless
// it did so too often lately: then two places claim it, and it stays put for a while (flapping).
//
// A look-up reads one cache line without a lock: 16 bytes an entry, moves are kept elsewhere.
#pragma once

#include <mutex>
#include <vector>

#include "common.h"
#include "flat_map.h"
#include "shared_table.h"

namespace vnet {

struct Location {
  enum class Kind : uint8_t { none, port, link };
  Kind kind = Kind::none;
  uint32_t id = 0;
  bool operator==(const Location&) const = default;
};
/** Of a pin: whatever port. No port has this id. */
constexpr Location kAnyPort{Location::Kind::port, 0};

struct MacHash {
  static constexpr uint64_t kNoKey = ~0ull;
  size_t operator()(uint64_t mac) const { return mixHash(mac ^ kHashSeed); }
};

enum class LearnResult { unchanged, added, moved, damped, startedFlapping, full };

struct MacSnapshot {
  uint64_t mac;
  Location where;
  uint64_t ageMs;
  uint32_t moves;
  bool isDamped;
};

class MacTable {
 public:
  explicit MacTable(uint64_t ageMs);

  /** Where the MAC is; kind none if unknown. */
  Location find(uint64_t mac) const;
  /** It will be looked for soon. */
  void expect(uint64_t mac) const { table_.expect(MacHash{}(mac)); }

  /**
   * A frame of `mac` was seen at `where`, or a host announced it. `previous` is where it was,
   * `moves` how often it moved of late, for a result that is not `unchanged`.
   */
  LearnResult learn(uint64_t mac, Location where, uint64_t nowMs, bool isAnnounced,
                    Location* previous, uint32_t* moves);

  /** An entry that neither ages nor moves: the MAC of a port's own device. */
  void setStatic(uint64_t mac, Location where);
  /** True if it was there. A static entry stays. */
  bool forget(uint64_t mac);
  /** Forgets everything, static entries too, at a port or link that is gone. */
  void forgetLocation(Location where);
  /** Forgets what was not seen for the age limit; calls expired(mac) for each. */
  template <class Expired>
  void sweep(uint64_t nowMs, Expired expired) {
    forgetCalmOnes(nowMs);
    for (uint64_t mac : oldEntries(nowMs)) {
      if (forget(mac)) expired(mac);
    }
  }
  std::vector<MacSnapshot> snapshot(uint64_t nowMs);
  size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    Location where;
    uint32_t seenTick = 0;
    bool isAnnounced = false;
    bool isStatic = false;
  };
  /** An entry in 16 bytes; see pack() and unpack(). */
  struct Slot {
    std::atomic<uint64_t> key{0};
    std::atomic<uint64_t> value{0};
    uint64_t mac() const { return key.load(std::memory_order_relaxed) & kMacBits; }
    bool is(uint64_t wantedMac) const;
    size_t hash() const { return MacHash{}(mac()); }
    void assign(const Slot& other) {
      key.store(other.key.load(std::memory_order_relaxed), std::memory_order_relaxed);
      value.store(other.value.load(std::memory_order_relaxed), std::memory_order_relaxed);
    }
  };
  /** Of a MAC that moved within kFlapWindowMs, or is damped. */
  struct Moves {
    uint64_t windowStartMs = 0;
    uint64_t dampedUntilMs = 0;
    uint32_t count = 0;
  };

  /** Unit of the times in slots, so that 32 bits last for years. */
  static constexpr uint64_t kTickMs = 64;
  static constexpr uint64_t kFlapWindowMs = 10000;
  static constexpr uint64_t kFlapHoldMs = 10000;

  static constexpr uint64_t kMacBits = (1ull << 48) - 1;

  const uint64_t ageMs_;
  /** A frame is written down if the last one that was is older: so most write nothing. */
  const int32_t refreshTicks_;
  SharedTable<Slot> table_;
  std::atomic<size_t> size_{0};
  SpinLock lock_;  // of whoever changes anything
  FlatMap<uint64_t, Moves, MacHash> moves_;

  static uint64_t pack(const Entry& entry, uint64_t mac, uint64_t* value);
  static Entry unpack(uint64_t key, uint64_t value);
  static Entry entryOf(const Slot& slot);
  static void store(Slot& slot, uint64_t mac, const Entry& entry);
  static uint32_t tickOf(uint64_t nowMs) { return static_cast<uint32_t>(nowMs / kTickMs); }

  // With the lock held:
  Slot* slotOf(uint64_t mac);
  LearnResult relearn(uint64_t mac, const Entry& seen, uint64_t nowMs, Location* previous,
                      uint32_t* moves);
  LearnResult move(uint64_t mac, uint64_t nowMs);
  void add(uint64_t mac, const Entry& entry);
  void erase(Slot& slot);

  std::vector<uint64_t> oldEntries(uint64_t nowMs);
  void forgetCalmOnes(uint64_t nowMs);
};

}  // namespace vnet
