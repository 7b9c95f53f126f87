// See pipe.h.
#include "pipe.h"

#include <algorithm>
#include <cstring>

namespace vnet::emulator {

static constexpr uint64_t kBitsNsPerByte = 8'000'000'000;  // 8 bits, times ns in a second
static constexpr size_t kRingBytesFirst = 64 * 1024;

uint64_t Chance::next() {
  state_ += 0x9e3779b97f4a7c15;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void Pipe::configure(const PipeSettings& settings, uint64_t nowNs) {
  double oldRate = static_cast<double>(settings_.rateBitsPerSecond);
  double newRate = static_cast<double>(settings.rateBitsPerSecond);
  bool isRateNew = settings.rateBitsPerSecond != settings_.rateBitsPerSecond;
  settings_ = settings;
  hasJitter_ = false;
  // The bits that wait are the same: their time goes with the ratio of the rates.
  auto again = [&](uint64_t finishNs) -> uint64_t {
    if (finishNs <= nowNs || !isRateNew) return finishNs;
    if (newRate == 0) return nowNs;
    return nowNs + static_cast<uint64_t>(static_cast<double>(finishNs - nowNs) * oldRate / newRate);
  };
  finishNs_ = again(finishNs_);
  wireRest_ = 0;
  dueNs_ = 0;
  for (Entry& entry : entries_) {
    if (entry.finishNs > nowNs) {
      entry.finishNs = again(entry.finishNs);
      entry.dueNs = entry.finishNs + delayAt(entry.finishNs);
    }
    entry.dueNs = dueNs_ = std::max(entry.dueNs, dueNs_);
  }
}

void Pipe::setUp(bool isUp, uint64_t nowNs) {
  isUp_ = isUp;
  if (isUp) return;
  counters_.cutPackets += entries_.size();
  entries_.clear();
  heldBytes_ = 0;
  finishNs_ = dueNs_ = nowNs;
  wireRest_ = 0;
}

Pushed Pipe::push(const uint8_t* bytes, uint32_t size, uint64_t nowNs) {
  counters_.inPackets++;
  counters_.inBytes += size;
  if (!isUp_) {
    counters_.cutPackets++;
    return Pushed::cut;
  }
  uint64_t waitNs = backlogNs(nowNs);
  if (waitNs == 0) wireRest_ = 0;
  uint64_t restBefore = wireRest_;
  uint64_t takesNs = wireNs(size);
  size_t offset = 0;
  if ((waitNs > 0 && waitNs + takesNs > queueLimitNs()) || !allocate(size, &offset)) {
    wireRest_ = restBefore;
    counters_.droppedPackets++;
    return Pushed::dropped;
  }
  finishNs_ = std::max(finishNs_, nowNs) + takesNs;
  if (isLost()) {
    counters_.lostPackets++;
    return Pushed::lost;
  }
  dueNs_ = std::max(dueNs_, finishNs_ + delayAt(finishNs_));
  memcpy(ring_.data() + offset, bytes, size);
  entries_.push_back({offset, size, finishNs_, dueNs_});
  heldBytes_ += size;
  return Pushed::queued;
}

PacketView Pipe::front(uint64_t nowNs) const {
  if (nextNs() > nowNs) return {};
  const Entry& entry = entries_.front();
  return {ring_.data() + entry.offset, entry.size};
}

void Pipe::pop(uint64_t nowNs) {
  const Entry& entry = entries_.front();
  uint64_t lateNs = nowNs > entry.dueNs ? nowNs - entry.dueNs : 0;
  counters_.lateNs += lateNs;
  counters_.lateNsMax = std::max(counters_.lateNsMax, lateNs);
  counters_.outPackets++;
  counters_.outBytes += entry.size;
  heldBytes_ -= entry.size;
  entries_.pop_front();
}

/** How long `size` bytes take on the wire; carries what is less than a nanosecond. */
uint64_t Pipe::wireNs(uint32_t size) {
  uint64_t rate = settings_.rateBitsPerSecond;
  if (rate == 0) return 0;
  uint64_t bits = size * kBitsNsPerByte + wireRest_;
  wireRest_ = bits % rate;
  return bits / rate;
}

uint64_t Pipe::queueLimitNs() const {
  uint64_t rate = settings_.rateBitsPerSecond;
  if (rate == 0) return kNever;
  auto bytesNs = [&](uint64_t bytes) {
    return static_cast<uint64_t>(static_cast<double>(bytes) * kBitsNsPerByte / rate);
  };
  if (settings_.queueBytes > 0) return bytesNs(settings_.queueBytes);
  if (settings_.queueNs > 0) return settings_.queueNs;
  return std::max(kQueueNsDefault, bytesNs(kQueueBytesMin));
}

/**
 * Two states after Gilbert: all is lost in the bad one. Leaving it with 1 / burst makes bursts of
 * that mean length; entering it with loss / (1 - loss) / burst makes the share right.
 */
bool Pipe::isLost() {
  double loss = settings_.lossShare, burst = settings_.lossBurst;
  if (loss <= 0) return isLosing_ = false;
  if (loss >= 1) return true;
  if (burst <= 1) return chance_.share() < loss;
  double draw = chance_.share();
  isLosing_ = isLosing_ ? draw >= 1 / burst : draw < loss / (1 - loss) / burst;
  return isLosing_;
}

/**
 * The delay of a packet that left the wire at `timeNs`. The jitter follows straight lines between
 * random heights 2 * jitter apart in time: so it never falls faster than time goes on and keeps the
 * order by itself, without the bias that holding packets back would add to the mean.
 */
uint64_t Pipe::delayAt(uint64_t timeNs) {
  uint64_t jitterNs = settings_.jitterNs;
  if (jitterNs == 0) return settings_.delayNs;
  uint64_t spanNs = 2 * jitterNs;
  auto height = [&] { return (chance_.share() * 2 - 1) * static_cast<double>(jitterNs); };
  if (!hasJitter_ || timeNs >= jitterFromNs_ + 2 * spanNs) {
    hasJitter_ = true;
    jitterFromNs_ = timeNs;
    jitterFrom_ = height();
    jitterTo_ = height();
  } else if (timeNs >= jitterFromNs_ + spanNs) {
    jitterFromNs_ += spanNs;
    jitterFrom_ = jitterTo_;
    jitterTo_ = height();
  }
  double along = static_cast<double>(timeNs - std::min(timeNs, jitterFromNs_)) / spanNs;
  double delayNs = settings_.delayNs + jitterFrom_ + (jitterTo_ - jitterFrom_) * along;
  return delayNs > 0 ? static_cast<uint64_t>(delayNs) : 0;
}

/** Finds room in one piece behind the last entry; false if the pipe holds all it may. */
bool Pipe::allocate(uint32_t size, size_t* offset) {
  if (entries_.empty()) {
    *offset = 0;
    return size <= ring_.size() || grow(size);
  }
  size_t head = entries_.front().offset;
  size_t tail = entries_.back().offset + entries_.back().size;
  if (tail > head) {
    if (size <= ring_.size() - tail) return *offset = tail, true;
    if (size <= head && head > 0) return *offset = 0, true;
  } else if (size <= head - tail) {
    return *offset = tail, true;
  }
  if (!grow(size)) return false;
  *offset = entries_.back().offset + entries_.back().size;
  return true;
}

/** Doubles the ring until `size` more bytes fit, with the entries in order from its start. */
bool Pipe::grow(uint32_t size) {
  size_t bytes = std::max(ring_.size(), kRingBytesFirst);
  while (bytes < heldBytes_ + size || bytes == ring_.size()) bytes *= 2;
  if (bytes > kPipeBytesMax) return false;
  std::vector<uint8_t> larger(bytes);
  size_t offset = 0;
  for (Entry& entry : entries_) {
    memcpy(larger.data() + offset, ring_.data() + entry.offset, entry.size);
    entry.offset = offset;
    offset += entry.size;
  }
  ring_ = std::move(larger);
  return true;
}

}  // namespace vnet::emulator
