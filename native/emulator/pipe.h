// One direction of an emulated WAN link, pure timing: bytes and the time go in, packets come out
// when they are due. No device and no clock here, so that every sentence below can be tested.
//
// A packet waits for those before it, takes size / rate on the wire, and arrives after the delay:
//   finish = max(finish of the one before, now) + size * 8 / rate      (virtual: no error adds up)
//   due    = max(due of the one before, finish + delay + jitter at finish)
// A lost packet used the wire all the same. What does not fit the queue is dropped at its tail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace vnet::emulator {

/** No packet is due: later than any time. */
constexpr uint64_t kNever = UINT64_MAX;
/** Most that one pipe holds, waiting and in flight: 1 Gbit/s for half a second. */
constexpr size_t kPipeBytesMax = 64u << 20;
/** The default queue: this long at the rate, but never less than so many bytes. */
constexpr uint64_t kQueueNsDefault = 50'000'000;
constexpr uint64_t kQueueBytesMin = 64 * 1024;

struct PipeSettings {
  /** Of Ethernet frames with their header, without preamble and checksum; 0 = unlimited. */
  uint64_t rateBitsPerSecond = 0;
  /** One way. */
  uint64_t delayNs = 0;
  /** The delay wanders evenly within delay - jitter and delay + jitter; at most `delayNs`. */
  uint64_t jitterNs = 0;
  /** Share of packets lost, 0 to 1. */
  double lossShare = 0;
  /** Mean number of packets lost in a row; 1 = each by itself. */
  double lossBurst = 1;
  /** Longest wait for the wire; 0 = the default, or `queueBytes` if that is not 0. */
  uint64_t queueNs = 0;
  uint64_t queueBytes = 0;
};

struct PipeCounters {
  uint64_t inPackets = 0, inBytes = 0;
  uint64_t outPackets = 0, outBytes = 0;
  /** Lost on the wire as asked; dropped at the tail of the queue; swallowed by a cut. */
  uint64_t lostPackets = 0, droppedPackets = 0, cutPackets = 0;
  /** How late packets left, against their due time. */
  uint64_t lateNs = 0, lateNsMax = 0;
};

enum class Pushed { queued, lost, dropped, cut };

/** A packet at the front: valid until the next call that changes the pipe. */
struct PacketView {
  const uint8_t* bytes = nullptr;
  uint32_t size = 0;
};

/** Chance from a seed (splitmix64): the same seed gives the same losses and jitter. */
class Chance {
 public:
  explicit Chance(uint64_t seed) : state_(seed) {}
  uint64_t next();
  /** Evenly from 0 (included) to 1 (not included). */
  double share() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  uint64_t state_;
};

class Pipe {
 public:
  explicit Pipe(uint64_t seed) : chance_(seed) {}

  /** New settings: what waits for the wire is timed again, what is in flight arrives as it was. */
  void configure(const PipeSettings& settings, uint64_t nowNs);
  /** A cut drops what is inside and all that comes, until it is up again. */
  void setUp(bool isUp, uint64_t nowNs);
  /** Copies the packet in, or drops it; the answer says which. */
  Pushed push(const uint8_t* bytes, uint32_t size, uint64_t nowNs);
  /** When the first packet is due, or `kNever`. */
  uint64_t nextNs() const { return entries_.empty() ? kNever : entries_.front().dueNs; }
  /** The first packet if it is due, else an empty view. It stays until `pop`. */
  PacketView front(uint64_t nowNs) const;
  /** Removes the first packet, which must exist. */
  void pop(uint64_t nowNs);

  /** How long a packet that came now would wait for the wire. */
  uint64_t backlogNs(uint64_t nowNs) const { return finishNs_ > nowNs ? finishNs_ - nowNs : 0; }
  size_t heldPackets() const { return entries_.size(); }
  size_t heldBytes() const { return heldBytes_; }
  bool isUp() const { return isUp_; }
  const PipeSettings& settings() const { return settings_; }
  const PipeCounters& counters() const { return counters_; }

 private:
  struct Entry {
    size_t offset;
    uint32_t size;
    uint64_t finishNs, dueNs;
  };

  uint64_t wireNs(uint32_t size);
  uint64_t queueLimitNs() const;
  bool isLost();
  uint64_t delayAt(uint64_t timeNs);
  bool allocate(uint32_t size, size_t* offset);
  bool grow(uint32_t size);

  PipeSettings settings_;
  PipeCounters counters_;
  Chance chance_;
  bool isUp_ = true;

  uint64_t finishNs_ = 0;  // when the wire is free again
  uint64_t wireRest_ = 0;  // part of a nanosecond carried to the next packet, in 1 / rate
  uint64_t dueNs_ = 0;     // of the packet put in last
  bool isLosing_ = false;  // inside a burst

  // Jitter: a straight line between random heights at two moments.
  uint64_t jitterFromNs_ = 0;
  double jitterFrom_ = 0, jitterTo_ = 0;
  bool hasJitter_ = false;

  std::deque<Entry> entries_;
  std::vector<uint8_t> ring_;  // the bytes of the entries in order, each in one piece
  size_t heldBytes_ = 0;
};

}  // namespace vnet::emulator
