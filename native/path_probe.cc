// See path_probe.h.
#include "path_probe.h"

#include <algorithm>
#include <utility>

#include "bytes.h"

namespace vnet {

static constexpr uint64_t kMs = 1'000'000;
/** From one knock to the next; the last one repeats. */
static constexpr uint64_t kKnockNs[] = {100 * kMs, 250 * kMs, 1000 * kMs, 5000 * kMs};
static constexpr size_t kKnocks = sizeof kKnockNs / sizeof kKnockNs[0];
/** RFC 8899 section 5.1.2: MAX_PROBES, for a size that is tried and for the one in use. */
static constexpr int kTries = 3;
/** Rounds without any answer until the path is down: 1 s. */
static constexpr int kMissedRoundsMax = 4;
/** The same while the peer is heard: a queue may hold the answers up, or only this way is cut. */
static constexpr int kMissedRoundsHeardMax = 8;
static constexpr uint64_t kHeardNs = 500 * kMs;
/** A round follows this soon when the size in use is in doubt. */
static constexpr uint64_t kDoubtRoundNs = 50 * kMs;
static constexpr uint64_t kTimeoutMaxNs = 2000 * kMs;
/** A step down may have been bad luck: larger sizes are tried again this soon. */
static constexpr uint64_t kSearchAgainNs = 1000 * kMs;
static constexpr uint64_t kBusyNs = 200 * kMs;
/** So long after the last frame a path is idle: sixteen of them must not cost 1 % of a core. */
static constexpr uint64_t kIdleAfterNs = 2000 * kMs;
static constexpr size_t kMtuMin = 576, kMtuUsual = 1500, kMtuMax = 9216;

void writeProbe(uint8_t* payload, const ProbeMessage& message) {
  write32(payload, message.id);
  write32(payload + 4, message.datagramBytes);
  write64(payload + 8, message.sentNs);
}

ProbeMessage readProbe(const uint8_t* payload) {
  return {read32(payload), read32(payload + 4), read64(payload + 8)};
}

PathProbe::PathProbe(bool isIpv6, size_t linkMtu) : sent_(kSent) {
  size_t headers = isIpv6 ? 40 + 8 : 20 + 8;
  size_t mtu = linkMtu == 0 ? kMtuUsual : std::clamp(linkMtu, kMtuMin, kMtuMax);
  sizes_.push_back(mtu - headers);
  // Jumbo frames, Ethernet, then what PPPoE, GRE, IPsec and IPv6's least MTU leave of it.
  for (size_t bytes : {9000 - headers, kMtuUsual - headers, size_t{1432}, size_t{1400},
                       size_t{1372}, size_t{1280 - 48}, kBaseBytes}) {
    if (bytes < sizes_.back()) sizes_.push_back(bytes);
  }
  lastAnswerNs_.resize(sizes_.size());
  current_ = base();
}

uint64_t PathProbe::timeoutNs() const {
  return std::clamp(2 * rtt_.smoothedNs() + 100 * kMs, kRoundNs, kTimeoutMaxNs);
}

void PathProbe::send(Kind kind, size_t datagramBytes, uint64_t nowNs, std::vector<Probe>* out) {
  uint32_t id = nextId_++;
  if (nextId_ == 0) nextId_ = 1;
  sent_[id % kSent] = {id, static_cast<uint32_t>(datagramBytes), nowNs, kind, false, false};
  out->push_back({id, datagramBytes});
}

void PathProbe::due(uint64_t nowNs, std::vector<Probe>* out) {
  if (nowNs < nextDueNs_) return;
  if (isUp_) {
    bool wasSure = missedFull_ == 0;
    countMissed(nowNs);
    if (wasSure && missedFull_ > 0) nextRoundNs_ = nowNs;
    judge(nowNs);
    if (nowNs >= std::exchange(checkNs_, kNever) && missedRounds_ > 0) nextRoundNs_ = nowNs;
  }
  if (nowNs >= nextRoundNs_) {
    if (isUp_) {
      round(nowNs, out);
    } else {
      knock(nowNs, out);
    }
  } else if (nowNs >= nextSampleNs_) {
    send(Kind::sample, kSmallBytes, nowNs, out);
  }
  nextSampleNs_ = isUp_ && nowNs < busyUntilNs_ ? nowNs + kBusyRoundNs : kNever;
  nextDueNs_ = std::min({nextRoundNs_, nextSampleNs_, checkNs_});
}

void PathProbe::knock(uint64_t nowNs, std::vector<Probe>* out) {
  send(Kind::knock, sizes_[base()], nowNs, out);
  nextRoundNs_ = nowNs + kKnockNs[std::min(knocks_, kKnocks - 1)];
  knocks_++;
}

void PathProbe::round(uint64_t nowNs, std::vector<Probe>* out) {
  send(Kind::small, kSmallBytes, nowNs, out);
  bool isSearching = current_ > 0 && nowNs >= nextSearchNs_;
  bool isDoubtful = missedRounds_ > 0 || missedFull_ > 0 || isSearching;
  if (nowNs >= busyUntilNs_ + kIdleAfterNs && !isDoubtful) {
    nextRoundNs_ = nowNs + kIdleRoundNs;
    checkNs_ = nowNs + timeoutNs();  // before that, if it is not answered
    return;
  }
  nextRoundNs_ = nowNs + (missedFull_ > 0 ? kDoubtRoundNs : kRoundNs);
  send(Kind::full, sizes_[current_], nowNs, out);
  if (missedFull_ > 0) {  // what else would pass?
    for (size_t i = current_ + 1; i < sizes_.size(); i++) {
      send(Kind::search, sizes_[i], nowNs, out);
    }
  }
  if (nowNs < nextSearchNs_) return;
  for (size_t i = 0; i < current_; i++) send(Kind::search, sizes_[i], nowNs, out);
  if (--searchesLeft_ > 0) return;
  searchesLeft_ = kTries;
  nextSearchNs_ = nowNs + kSearchNs;
}

void PathProbe::countMissed(uint64_t nowNs) {
  uint64_t timeout = timeoutNs();
  for (Sent& sent : sent_) {
    if (sent.id == 0 || sent.isAnswered || sent.isCounted) continue;
    if (nowNs < sent.sentNs + timeout) continue;
    // A large one is missed only if a small one overtook it: else all of them are late.
    if (sent.kind == Kind::full && newestAnsweredNs_ <= sent.sentNs) continue;
    sent.isCounted = true;
    if (sent.kind == Kind::small) missedRounds_++;
    if (sent.kind == Kind::full && sent.datagramBytes == sizes_[current_]) {
      if (missedFull_++ == 0) suspectSinceNs_ = nowNs;
    }
  }
}

void PathProbe::judge(uint64_t nowNs) {
  bool isHeard = lastHeardNs_ != 0 && nowNs < lastHeardNs_ + kHeardNs;
  if (missedRounds_ >= (isHeard ? kMissedRoundsHeardMax : kMissedRoundsMax)) return goDown(nowNs);
  if (missedFull_ >= kTries) stepDown(nowNs);
}

/** To the largest size that was answered since the one in use is not. */
void PathProbe::stepDown(uint64_t nowNs) {
  size_t size = current_ + 1;
  while (size <= base() && lastAnswerNs_[size] < suspectSinceNs_) size++;
  if (size > base()) {  // none, if they had the time
    if (nowNs < suspectSinceNs_ + timeoutNs()) return;
    goDown(nowNs);
    isTooNarrow_ = true;
    return;
  }
  use(size);
  searchesLeft_ = kTries;
  nextSearchNs_ = nowNs + kSearchAgainNs;
}

void PathProbe::use(size_t size) {
  missedFull_ = 0;
  if (size == current_) return;
  current_ = size;
  changes_++;
}

void PathProbe::goUp(size_t size, uint64_t nowNs) {
  isUp_ = true;
  isTooNarrow_ = false;
  changes_++;
  use(size);
  missedRounds_ = 0;
  busyUntilNs_ = std::max(busyUntilNs_, nowNs);
  searchesLeft_ = kTries;
  nextSearchNs_ = nextRoundNs_ = nextDueNs_ = nowNs;
}

void PathProbe::goDown(uint64_t nowNs) {
  isUp_ = false;
  changes_++;
  use(base());
  for (Sent& sent : sent_) sent.isCounted = true;
  knocks_ = 0;
  nextRoundNs_ = nextDueNs_ = nowNs;
}

bool PathProbe::isProbeOut() const {
  return std::any_of(sent_.begin(), sent_.end(), [this](const Sent& sent) {
    bool isSmall = sent.kind == Kind::small || sent.kind == Kind::sample;
    return sent.id != 0 && isSmall && !sent.isAnswered && sent.sentNs > newestAnsweredNs_;
  });
}

void PathProbe::answered(uint32_t id, size_t datagramBytes, uint64_t nowNs) {
  Sent& sent = sent_[id % kSent];
  // What was never asked, or long ago, or twice, tells nothing.
  if (id == 0 || sent.id != id || sent.isAnswered) return;
  if (sent.datagramBytes != datagramBytes || nowNs < sent.sentNs) return;
  sent.isAnswered = true;
  answers_++;
  newestAnsweredNs_ = std::max(newestAnsweredNs_, sent.sentNs);
  // Only equal sizes compare: a large one takes longer on a slow line.
  if (sent.datagramBytes == kSmallBytes || rtt_.smoothedNs() == 0) {
    rtt_.sample(nowNs - sent.sentNs, nowNs);
  }
  missedRounds_ = 0;
  checkNs_ = kNever;
  if (isUp_) nextDueNs_ = std::min(nextRoundNs_, nextSampleNs_);
  for (size_t i = 0; i < sizes_.size(); i++) {
    if (sizes_[i] != datagramBytes) continue;
    lastAnswerNs_[i] = nowNs;
    if (!isUp_) return goUp(i, nowNs);
    if (i <= current_) use(i);
    return;
  }
}

void PathProbe::heard(uint64_t nowNs) {
  lastHeardNs_ = nowNs;
  if (isUp_ || knocks_ < 2) return;
  // The peer's datagrams get here: the next knock need not wait for long.
  uint64_t lastNs = nextRoundNs_ - kKnockNs[std::min(knocks_ - 1, kKnocks - 1)];
  nextRoundNs_ = nextDueNs_ = std::min(nextRoundNs_, lastNs + kKnockNs[0]);
  knocks_ = 1;
}

void PathProbe::busy(uint64_t nowNs) {
  bool wasIdle = nowNs >= busyUntilNs_ + kIdleAfterNs;
  if (isUp_ && wasIdle) nextRoundNs_ = nextDueNs_ = nowNs;  // the last round is some time ago
  busyUntilNs_ = nowNs + kBusyNs;
  if (!isUp_ || nextSampleNs_ != kNever) return;
  nextSampleNs_ = nowNs + kBusyRoundNs;
  nextDueNs_ = std::min(nextDueNs_, nextSampleNs_);
}

void PathProbe::tooBig(size_t datagramBytes, uint64_t nowNs) {
  if (!isUp_ || sizes_[current_] < datagramBytes) return;
  size_t size = current_;
  while (size < base() && sizes_[size] >= datagramBytes) size++;
  use(size);
  searchesLeft_ = kTries;
  nextSearchNs_ = nowNs + kSearchNs;
}

}  // namespace vnet
