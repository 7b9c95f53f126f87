// Where each MAC is: on a local port, or behind a link. Learned from frames, or announced by a
// host.
//
// A MAC that shows up elsewhere moves at once (a migrated guest must not lose its network), unless
// it did so too often lately: then two places claim it, and it stays put for a while (flapping).
// Sharded: a look-up takes one short lock that other MACs rarely share.
#pragma once

#include <array>
#include <mutex>
#include <vector>

#include "common.h"
#include "flat_map.h"

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
  size_t operator()(uint64_t mac) const { return mixHash(mac) >> 6; }
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
  explicit MacTable(uint64_t ageMs) : ageMs_(ageMs) {}

  /** Where the MAC is; kind none if unknown. */
  Location find(uint64_t mac);

  /** A frame of `mac` was seen at `where`, or a host announced it. `previous` is where it was. */
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
    for (auto& shard : shards_) {
      std::vector<uint64_t> old = oldEntries(shard, nowMs);
      for (uint64_t mac : old) {
        if (forget(mac)) expired(mac);
      }
    }
  }
  std::vector<MacSnapshot> snapshot(uint64_t nowMs);
  size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    Location where;
    uint64_t seenMs = 0;
    uint64_t windowStartMs = 0;
    uint64_t dampedUntilMs = 0;
    uint32_t moves = 0;
    bool isAnnounced = false;
    bool isStatic = false;
  };
  struct alignas(64) Shard {
    SpinLock lock;
    FlatMap<uint64_t, Entry, MacHash> map;
  };

  static constexpr size_t kShards = 64;
  static constexpr uint64_t kFlapWindowMs = 10000;
  static constexpr uint64_t kFlapHoldMs = 10000;

  uint64_t ageMs_;
  std::atomic<size_t> size_{0};
  std::array<Shard, kShards> shards_;

  Shard& shardOf(uint64_t mac) { return shards_[mixHash(mac) % kShards]; }
  /** With the shard's lock held. */
  void erase(Shard& shard, uint64_t mac);
  LearnResult move(Entry* entry, Location where, uint64_t nowMs);
  std::vector<uint64_t> oldEntries(Shard& shard, uint64_t nowMs);
};

}  // namespace vnet
