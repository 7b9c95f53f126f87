// The state of one UDP path: whether datagrams pass both ways, how large they may be, how long they
// take. Path MTU discovery for datagrams (DPLPMTUD, RFC 8899) made simple: a ladder of sizes is
// probed all at once and the largest that is answered wins. Neither sockets nor clock: the owner
// sends the probes that are due and tells what was answered. Not thread-safe.
//
//   down   probes of the base size: at once, then after 100 ms, 250 ms, 1 s, then every 5 s
//   up     from the first answer on. Each 250 ms a small probe (alive?) and one of the size in use
//          (does it still pass?); larger sizes are tried now and again every 10 s. Only a small one
//          each second while no frames are sent and all is answered
//
// A probe and its answer are link messages of a datagram of their own, numbers in network order:
//
//   0    4               8         16
//   | id | datagramBytes | sentNs | zeros, as many as the size asks for (in a probe only) |
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "frame.h"
#include "rtt_meter.h"

namespace vnet {

struct ProbeMessage {
  uint32_t id;
  uint32_t datagramBytes;  // UDP payload that the probe filled
  uint64_t sentNs;         // by the clock of the end that sent the probe
};

/** Writes the first kProbeBytes of a payload; what pads a probe is the caller's, zeros. */
void writeProbe(uint8_t* payload, const ProbeMessage& message);
/** `payload` has at least kProbeBytes. */
ProbeMessage readProbe(const uint8_t* payload);

class PathProbe {
 public:
  struct Probe {
    uint32_t id;
    size_t datagramBytes;  // the UDP payload to send it with
  };

  /** Passes everywhere that IPv6 does (RFC 8899 section 5.1.2: BASE_PLPMTU). */
  static constexpr size_t kBaseBytes = 1200;
  static constexpr size_t kSmallBytes = 64;
  static constexpr uint64_t kRoundNs = 250'000'000;
  static constexpr uint64_t kIdleRoundNs = 1'000'000'000;
  /** While frames leave: how often the round-trip time is looked at. */
  static constexpr uint64_t kBusyRoundNs = 50'000'000;
  static constexpr uint64_t kSearchNs = 10'000'000'000;

  /** `linkMtu`: of the device or route that the datagrams leave by, bytes; 0: not known. */
  PathProbe(bool isIpv6, size_t linkMtu);

  /** Appends the probes to send now, none before nextDueNs(). State may change. */
  void due(uint64_t nowNs, std::vector<Probe>* out);
  uint64_t nextDueNs() const { return nextDueNs_; }

  /** An answer, with what it says. State may change, and more may be due at once. */
  void answered(uint32_t id, size_t datagramBytes, uint64_t nowNs);
  /** Something authentic came from the peer. */
  void heard(uint64_t nowNs);
  /** Frames are being sent. */
  void busy(uint64_t nowNs);
  /** The kernel refuses datagrams of this size (EMSGSIZE). */
  void tooBig(size_t datagramBytes, uint64_t nowNs);

  bool isUp() const { return isUp_; }
  /** It went down because small probes only were answered. */
  bool isTooNarrow() const { return isTooNarrow_; }
  /** Other signs say that nothing passes; up again with the next answer. */
  void giveUp(uint64_t nowNs) {
    if (isUp_) goDown(nowNs);
  }
  /** How many were answered, and whether a small one after the last of them is not (yet). */
  uint64_t answers() const { return answers_; }
  bool isProbeOut() const;
  /** The largest UDP payload that passes; while down the base size, a guess. */
  size_t datagramBytes() const { return sizes_[current_]; }
  /** Grows whenever one of the two changes. */
  uint64_t changes() const { return changes_; }

  /** Smoothed; 0: not known. */
  uint64_t rttNs() const { return rtt_.smoothedNs(); }
  uint64_t latestRttNs() const { return rtt_.latestNs(); }
  uint64_t minRttNs() const { return rtt_.minNs(); }
  uint64_t rttSamples() const { return rtt_.samples(); }
  bool isQueueing() const { return rtt_.isQueueing(); }

 private:
  enum class Kind : uint8_t { knock, small, sample, full, search };

  /** What was sent; kept by id, until another takes its place. */
  struct Sent {
    uint32_t id = 0;
    uint32_t datagramBytes = 0;
    uint64_t sentNs = 0;
    Kind kind = Kind::knock;
    bool isAnswered = false, isCounted = false;
  };
  /** More than are sent within 2 s, the longest that one is waited for. */
  static constexpr size_t kSent = 128;
  static constexpr uint64_t kNever = UINT64_MAX;

  std::vector<size_t> sizes_;           // the ladder, largest first
  std::vector<uint64_t> lastAnswerNs_;  // of each size
  size_t current_;
  bool isUp_ = false, isTooNarrow_ = false;
  uint64_t answers_ = 0;
  uint64_t changes_ = 0;
  RttMeter rtt_;
  std::vector<Sent> sent_;
  uint32_t nextId_ = 1;

  uint64_t nextDueNs_ = 0, nextRoundNs_ = 0, nextSampleNs_ = kNever, nextSearchNs_ = 0;
  uint64_t lastHeardNs_ = 0, busyUntilNs_ = 0, suspectSinceNs_ = 0;
  uint64_t checkNs_ = kNever;
  uint64_t newestAnsweredNs_ = 0;  // when it was sent
  size_t knocks_ = 0;
  int searchesLeft_ = 0;
  int missedRounds_ = 0;  // in a row, nothing of them answered
  int missedFull_ = 0;    // in a row, of the size in use, while others are answered

  size_t base() const { return sizes_.size() - 1; }
  uint64_t timeoutNs() const;
  void send(Kind kind, size_t datagramBytes, uint64_t nowNs, std::vector<Probe>* out);
  void knock(uint64_t nowNs, std::vector<Probe>* out);
  void round(uint64_t nowNs, std::vector<Probe>* out);
  void countMissed(uint64_t nowNs);
  void judge(uint64_t nowNs);
  void goUp(size_t size, uint64_t nowNs);
  void goDown(uint64_t nowNs);
  void use(size_t size);
  void stepDown(uint64_t nowNs);
};

}  // namespace vnet
