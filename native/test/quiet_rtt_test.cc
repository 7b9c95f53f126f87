// How long a path is taken to be while it is quiet, while traffic fills its queues, and before
// either is known.
// sources:
// libs: -
#include "../quiet_rtt.h"

#include "check.h"

using namespace vnet;

static constexpr uint64_t kMs = 1'000'000, kSecond = 1000 * kMs;

struct Link {
  QuietRtt rtt;
  uint64_t nowNs = kSecond, bytes = 70'000'000;

  /** Ticks for so long at that rate, bytes/s. */
  void run(uint64_t seconds, uint64_t rate) {
    for (uint64_t i = 0; i < seconds * 10; i++) {
      nowNs += kSecond / 10;
      bytes += rate / 10;
      rtt.traffic(bytes, nowNs);
    }
  }
  uint64_t least(uint64_t probedNs, uint64_t tcpNs = 0) {
    return rtt.leastNs(probedNs, tcpNs, nowNs);
  }
};

static void quiet() {
  Link link;
  CHECK(link.least(3 * kMs) == 3 * kMs);
  link.run(11, 1000);
  CHECK(link.least(kMs / 5) == kMs / 5);
  CASE("a quiet path that becomes long is long");
  CHECK(link.least(9 * kMs) == 9 * kMs);
}

static void busy() {
  Link link;
  link.run(11, 1000);
  CHECK(link.least(kMs / 5) == kMs / 5);
  CASE("what stands in a queue does not count, until it was quiet for 10 s");
  link.run(200, 100'000'000);
  CHECK(link.least(9 * kMs) == kMs / 5);
  link.run(9, 0);
  CHECK(link.least(9 * kMs) == kMs / 5);
  link.run(1, 0);
  CHECK(link.least(9 * kMs) == 9 * kMs);
  CASE("shorter is always believed");
  link.run(20, 100'000'000);
  CHECK(link.least(kMs) == kMs);
  CASE("never quiet for five minutes");
  link.run(279, 100'000'000);
  CHECK(link.least(20 * kMs) == 9 * kMs);
  link.run(2, 100'000'000);
  CHECK(link.least(20 * kMs) == 20 * kMs);
}

static void atOnce() {
  CASE("under load from the start: as long as TCP's connection took");
  Link link;
  link.run(1, 100'000'000);
  CHECK(link.least(9 * kMs, kMs / 5) == kMs / 5);
  CHECK(link.least(9 * kMs, 0) == 9 * kMs);
  CHECK(link.least(9 * kMs, 10 * kMs) == 9 * kMs);
}

int main() {
  quiet();
  busy();
  atOnce();
  return 0;
}
