// What a probe makes of the acknowledgements it sees: paths of a fixed rate, slow start, limits.
// sources:
// libs: -
#include "../rate_probe.h"

#include "../link_figures.h"
#include "check.h"

using namespace vnet;

static constexpr uint64_t kMs = 1'000'000;

/** A path that carries `rate` bytes/s, on which the window doubles every round trip. */
static ProbeOutcome runProbe(uint64_t rate, uint64_t rttNs, const ProbeLimits& limits) {
  RateProbe probe;
  probe.begin(limits, rttNs, 1000, 0);
  double delivered = 1000, window = 14600;
  for (uint64_t now = kMs / 4;; now += kMs / 4) {
    double perRtt = static_cast<double>(rate) * static_cast<double>(rttNs) / 1e9;
    double paced = std::min(window, perRtt) / static_cast<double>(rttNs) * (kMs / 4.0);
    probe.sent(probe.leftBytes());
    bool isAnswered = now >= rttNs;
    double most = 1000 + static_cast<double>(limits.bytesMax);
    if (isAnswered) delivered = std::min(delivered + paced, most);
    if (isAnswered) window *= 1 + 0.7 * (kMs / 4.0) / static_cast<double>(rttNs);
    if (probe.note(static_cast<uint64_t>(delivered), now)) return probe.end();
    CHECK(now < 60'000 * kMs);
  }
}

static bool isNear(uint64_t value, uint64_t wanted) {
  return value > wanted * 95 / 100 && value < wanted * 105 / 100;
}

static void rates() {
  const ProbeLimits limits{8'000'000, 2'000 * kMs};
  CASE("a path's rate is found whatever its length");
  for (uint64_t rate : {1'250'000, 12'500'000, 50'000'000}) {
    for (uint64_t rttMs : {1, 10, 40}) {
      ProbeOutcome outcome = runProbe(rate, rttMs * kMs, limits);
      bool isFound = outcome.isSaturated && isNear(outcome.bytesPerSecond, rate);
      // What is under way on the longest and fastest is about as much as the limit.
      CHECK(isFound || rate * rttMs / 1000 > limits.bytesMax / 5);
    }
  }

  CASE("a limit ends it, and the rate is a lower bound");
  ProbeOutcome outcome = runProbe(125'000'000, 20 * kMs, {1'000'000, 2'000 * kMs});
  CHECK(!outcome.isSaturated && outcome.bytesPerSecond > 0);
  CHECK(outcome.bytesPerSecond < 125'000'000 && outcome.sentBytes == 1'000'000);
  outcome = runProbe(12'500'000, 200 * kMs, {8'000'000, 500 * kMs});
  CHECK(!outcome.isSaturated && outcome.durationNs <= 501 * kMs);
}

static void silence() {
  CASE("a path that answers nothing has no rate");
  RateProbe probe;
  probe.begin({1000, 100 * kMs}, kMs, 0, kMs);
  CHECK(probe.isRunning() && probe.leftBytes() == 1000);
  probe.sent(5000);
  CHECK(probe.leftBytes() == 0);
  CHECK(!probe.note(0, 50 * kMs));
  CHECK(probe.note(0, 101 * kMs));
  ProbeOutcome outcome = probe.end();
  CHECK(outcome.bytesPerSecond == 0 && !outcome.isSaturated && outcome.sentBytes == 1000);
  CHECK(!probe.isRunning() && probe.leftBytes() == 0 && !probe.note(0, 200 * kMs));
}

static void waiting() {
  CASE("waiting is counted while it lasts");
  WaitingTime time;
  time.note(false, 5);
  CHECK(time.totalNs(10) == 0 && !time.isWaiting());
  time.note(true, 10);
  time.note(true, 12);
  CHECK(time.totalNs(15) == 5 && time.isWaiting());
  time.note(false, 20);
  CHECK(time.totalNs(100) == 10);

  CASE("datagrams are busy in ticks in which some were sent");
  DatagramFigures figures;
  figures.tick(1000, true, true, 100);
  figures.tick(3000, true, false, 200);
  figures.tick(3000, true, true, 300);
  figures.tick(4000, true, true, 400);
  figures.tick(9000, false, true, 500);
  CHECK(figures.sentBytes == 3000 && figures.busyNs == 200 && figures.waitingNs == 100);
}

int main() {
  rates();
  silence();
  waiting();
  return 0;
}
