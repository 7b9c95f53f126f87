// What every file of the data plane needs: names of drops, clocks, MAC keys, limits. The limits
// repeat src/base/limits.ts (test/unit/native/limits.test.ts compares the two).
#pragma once

#include <sys/random.h>
#include <time.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>

namespace vnet {

// In the order of DROP_REASONS in src/plane/plane.ts.
enum class Drop : uint8_t {
  queueFull,
  storm,
  spoofed,
  malformed,
  hopLimit,
  noRoute,
  tooBig,
  loop,
  samePort,
  portWrite,
  notAdmitted,
  linkClosed,
  tableFull,
  datagramLost,
  datagramRejected,
  kCount,
  none = 255,
};
constexpr size_t kDropCount = static_cast<size_t>(Drop::kCount);

constexpr size_t kFrameBytesMax = 65535 + 14 + 8;
constexpr size_t kFrameBytesMin = 14;
constexpr uint8_t kHopLimit = 4;
constexpr size_t kControlBytesMax = 65536;
constexpr size_t kJoinBytesMax = 16384;
constexpr size_t kControlQueueBytesMax = 4 * 1048576;
constexpr size_t kLinkQueueBytesMax = 1048576;
constexpr size_t kMacTableMax = 131072;
constexpr size_t kPairTableMax = 262144;
constexpr size_t kRuleTableMax = 131072;
constexpr uint32_t kFlapMovesMax = 5;
constexpr uint32_t kHandshakesMax = 128;
constexpr uint32_t kHandshakeTimeoutMs = 5000;
constexpr uint32_t kDeadPeerMs = 2500;
constexpr uint32_t kKeepaliveMs = 700;
/** An end that is pinged so often only pings for the round-trip time. */
constexpr uint32_t kPingedKeepaliveMs = 2800;
constexpr uint32_t kUdpRequiredMs = 3000;
constexpr uint32_t kStalledMs = 600;
constexpr uint32_t kStallPingMs = 150;
constexpr uint32_t kResumedMs = 1000;
constexpr uint32_t kPortsMax = 1024;
constexpr uint32_t kLinksMax = 4096;

/** Monotonic time, ns. */
inline uint64_t nowNs() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1000000000u + static_cast<uint64_t>(t.tv_nsec);
}

inline uint64_t nowMs() { return nowNs() / 1000000; }

/** Wall clock, ms since 1970. */
inline uint64_t wallMs() {
  timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1000u + static_cast<uint64_t>(t.tv_nsec) / 1000000u;
}

/** Six octets as a number: the first octet is the most significant of 48 bits. */
inline uint64_t macKey(const uint8_t* octets) {
  uint64_t key = 0;
  for (int i = 0; i < 6; i++) key = key << 8 | octets[i];
  return key;
}

inline bool isGroupMac(const uint8_t* octets) { return (octets[0] & 1) != 0; }

inline uint64_t mixHash(uint64_t x) {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  x ^= x >> 32;
  return x;
}

/** Differs from start to start, so that nobody can make up MACs that meet in one place. */
inline const uint64_t kHashSeed = [] {
  uint64_t seed = 0;
  (void)!getrandom(&seed, sizeof seed, 0);
  return seed;
}();

/** Drops by name; may be counted from any thread. */
struct DropCounters {
  std::atomic<uint64_t> counts[kDropCount] = {};

  void add(Drop reason, uint64_t n = 1) {
    counts[static_cast<size_t>(reason)].fetch_add(n, std::memory_order_relaxed);
  }
};

/** Frames and bytes of a port or link, both ways; may be counted from any thread. */
struct TrafficCounters {
  std::atomic<uint64_t> rxFrames{0}, rxBytes{0}, txFrames{0}, txBytes{0};

  void received(uint64_t frames, uint64_t bytes) {
    rxFrames.fetch_add(frames, std::memory_order_relaxed);
    rxBytes.fetch_add(bytes, std::memory_order_relaxed);
  }
  void sent(uint64_t frames, uint64_t bytes) {
    txFrames.fetch_add(frames, std::memory_order_relaxed);
    txBytes.fetch_add(bytes, std::memory_order_relaxed);
  }
};

/** Fetches a cache line that will be read soon. */
inline void prefetch(const void* address) {
  __builtin_prefetch(address);
  asm volatile("" : : "r"(address));  // else GCC takes a function that does no more for nothing
}

inline void cpuRelax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/** A lock for a few instructions, never held over a system call. */
class SpinLock {
 public:
  void lock() {
    while (flag_.exchange(true, std::memory_order_acquire)) {
      int spins = 0;
      while (flag_.load(std::memory_order_relaxed)) {
        if (++spins < 64) {
          cpuRelax();
        } else {
          timespec shortly{0, 20000};
          nanosleep(&shortly, nullptr);
        }
      }
    }
  }
  void unlock() { flag_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> flag_{false};
};

}  // namespace vnet
