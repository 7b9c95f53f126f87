// What protects a LAN from itself at a place where frames come in: the storm limit (a token bucket
// for broadcast, multicast and unknown frames) and the memory of what was flooded out of a port, by
// which a port notices that its own floods come back, that is, that it is bridged to another port.
#pragma once

#include <array>
#include <mutex>

#include "common.h"

namespace vnet {

class StormGuard {
 public:
  explicit StormGuard(uint32_t framesPerSecond) : rate_(framesPerSecond), tokens_(burst()) {}

  void setRate(uint32_t framesPerSecond) {
    std::lock_guard<SpinLock> guard(lock_);
    rate_ = framesPerSecond;
  }

  /** True if the frame may pass. */
  bool take(uint64_t nowMs) {
    std::lock_guard<SpinLock> guard(lock_);
    if (lastMs_ == 0) lastMs_ = nowMs;
    tokens_ += static_cast<double>(nowMs - lastMs_) * rate_ / 1000.0;
    lastMs_ = nowMs;
    if (tokens_ > burst()) tokens_ = burst();
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  SpinLock lock_;
  double rate_;
  double tokens_;
  uint64_t lastMs_ = 0;

  // A quarter second's worth: a boot of many guests passes, a loop does not.
  double burst() const { return rate_ / 4 < 1 ? 1 : rate_ / 4; }
};

class FloodMemory {
 public:
  static constexpr uint64_t kRememberMs = 1000;
  /**
   * So many within kRememberMs make a loop. One or two may be of a guest that moved from one port
   * to another and says again what it said before; a loop brings back everything.
   */
  static constexpr size_t kReturnsOfLoop = 3;
  static constexpr uint32_t kNobody = ~0u;

  void sentOut(uint64_t hash, uint32_t ingressPort, uint64_t nowMs) {
    std::lock_guard<SpinLock> guard(lock_);
    slots_[hash % kSlots] = {hash, nowMs, ingressPort};
  }

  /** True if this very frame was flooded out of here lately; `ingressPort`: where it came from. */
  bool cameBack(uint64_t hash, uint64_t nowMs, uint32_t* ingressPort) {
    std::lock_guard<SpinLock> guard(lock_);
    const Slot& slot = slots_[hash % kSlots];
    if (slot.hash != hash || nowMs > slot.atMs + kRememberMs) return false;
    *ingressPort = slot.ingressPort;
    returnsMs_[returns_++ % kReturnsOfLoop] = nowMs;
    return true;
  }

  /** How many came back within kRememberMs, at most kReturnsOfLoop. */
  size_t returns(uint64_t nowMs) {
    std::lock_guard<SpinLock> guard(lock_);
    size_t known = returns_ < kReturnsOfLoop ? returns_ : kReturnsOfLoop, lately = 0;
    for (size_t i = 0; i < known; i++) lately += nowMs <= returnsMs_[i] + kRememberMs;
    return lately;
  }

 private:
  static constexpr size_t kSlots = 512;
  struct Slot {
    uint64_t hash = 0;
    uint64_t atMs = 0;
    uint32_t ingressPort = kNobody;
  };
  SpinLock lock_;
  std::array<Slot, kSlots> slots_;
  std::array<uint64_t, kReturnsOfLoop> returnsMs_{};  // the last ones, a ring
  size_t returns_ = 0;
};

/** Hash of a whole frame, to recognise it; not against an adversary. */
inline uint64_t frameHash(const uint8_t* frame, size_t length) {
  uint64_t hash = length * 0x9e3779b97f4a7c15u;
  for (; length >= 8; frame += 8, length -= 8) {
    uint64_t word;
    memcpy(&word, frame, 8);
    hash = mixHash(hash ^ word);
  }
  for (; length > 0; frame++, length--) hash = mixHash(hash ^ *frame);
  return hash;
}

}  // namespace vnet
