// When a fast path counts as stalled and when it carries again, tick by tick: dead both ways, one
// way, dead for datagrams only, idle, late answers of busy machines, and ends that did not run.
// sources:
// libs: -
#include "../stall_detector.h"

#include <vector>

#include "check.h"

using namespace vnet;
using Change = StallDetector::Change;

/** A link between two daemons on a path of so many ms, in ticks of a worker. */
struct Link {
  StallDetector detector;
  StallDetector::Signs signs;
  uint64_t nowMs = 1000, pings = 0, stalls = 0, returns = 0;
  uint64_t rttMs = 1;           // of everything
  uint64_t answerMs = 0;        // the peer's daemon answers so late, in addition
  bool isCarrying = true;       // frames are sent
  bool isTcpDead = false, isUdpDead = false, isPeerHung = false;
  std::vector<std::pair<uint64_t, uint64_t>> due;  // answers under way: when, to which ping

  /** One tick after `ms`. */
  Change tick(uint64_t ms = 100) {
    nowMs += ms;
    bool isAnswering = !isTcpDead && !isPeerHung;
    while (isAnswering && !due.empty() && due.front().first <= nowMs) {
      detector.ponged(due.front().second);
      due.erase(due.begin());
    }
    if (!isTcpDead) signs.ackedBytes += isCarrying && !signs.isByUdp ? 1000 : 0;
    bool isTcpUsed = (isCarrying && !signs.isByUdp) || !due.empty();
    signs.isUnacked = isTcpDead && isTcpUsed;
    signs.isCarrying = isCarrying;
    signs.rttMs = rttMs;
    signs.probeRttMs = rttMs;
    if (!isUdpDead) signs.answeredProbes++;
    signs.isProbeOut = isCarrying && signs.isByUdp;
    Change change = detector.tick(nowMs, signs);
    stalls += change == Change::stalled;
    returns += change == Change::resumed;
    if (detector.wantsPing()) {
      pings++;
      detector.pinged(nowMs);
      due.emplace_back(nowMs + rttMs + answerMs, nowMs);
    }
    return change;
  }
  /** Ticks until that changes; returns the ms, or the limit. */
  uint64_t until(Change wanted, uint64_t limitMs = 20'000) {
    uint64_t startMs = nowMs;
    while (nowMs < startMs + limitMs) {
      if (tick() == wanted) break;
    }
    return nowMs - startMs;
  }
  void run(uint64_t ms) {
    for (uint64_t endMs = nowMs + ms; nowMs < endMs;) tick();
  }
};

static void dies() {
  CASE("nothing passes: stalled within 0.7 s; it passes again: a second later it carries on");
  Link link;
  link.run(5000);
  CHECK(link.stalls == 0);
  link.isTcpDead = true;
  CHECK(link.until(Change::stalled) <= 700 && link.detector.reason() != nullptr);
  link.run(1500);
  CHECK(link.stalls == 1 && link.returns == 0);
  link.isTcpDead = false;
  uint64_t returnMs = link.until(Change::resumed);
  CHECK(returnMs >= 1000 && returnMs <= 1500);

  CASE("the peer's kernel takes all, and the peer answers no ping: within 0.9 s");
  link = Link();
  link.run(5000);
  link.isPeerHung = true;
  uint64_t hungMs = link.until(Change::stalled);
  CHECK(hungMs >= 600 && hungMs <= 900);

  CASE("a long path takes its round trips more");
  link = Link();
  link.rttMs = 200;
  link.run(5000);
  link.isTcpDead = true;
  uint64_t longMs = link.until(Change::stalled);
  CHECK(link.stalls == 1 && longMs >= 700 && longMs <= 1000);
}

static void staysUp() {
  CASE("answers of a busy machine, 400 ms late, are answers");
  Link link;
  link.answerMs = 400;
  link.run(30'000);
  CHECK(link.stalls == 0 && link.pings > 20);

  CASE("time in which this end did not run does not count");
  link.answerMs = 0;
  for (int i = 0; i < 20; i++) {
    link.isPeerHung = true;  // its answers lie unread
    link.tick(3000);
    link.isPeerHung = false;
    link.run(300);
  }
  CHECK(link.stalls == 0);

  CASE("a second of round trip is no stall");
  link = Link();
  link.rttMs = 1000;
  link.run(30'000);
  CHECK(link.stalls == 0);
}

static void idles() {
  CASE("no ping while no frames are sent; some while there are");
  Link link;
  link.isCarrying = false;
  link.run(60'000);
  CHECK(link.pings == 0 && link.stalls == 0);
  link.isCarrying = true;
  link.run(10'000);
  CHECK(link.pings >= 40 && link.pings <= 70);
  CASE("after an idle hour it is judged by what is sent now");
  link.isCarrying = false;
  link.run(3'600'000);
  link.isCarrying = true;
  link.run(5000);
  CHECK(link.stalls == 0);
}

static void byUdp() {
  CASE("datagrams and TLS both silent: stalled within 0.9 s");
  Link link;
  link.signs.isByUdp = true;
  link.run(5000);
  CHECK(link.pings == 0);
  link.isUdpDead = link.isTcpDead = true;
  CHECK(link.until(Change::stalled) <= 900);

  CASE("datagrams alone: no stall, and it is told");
  link = Link();
  link.signs.isByUdp = true;
  link.run(5000);
  link.isUdpDead = true;
  uint64_t deadMs = 0;
  for (; deadMs < 5000 && !link.detector.isUdpDead(); deadMs += 100) link.tick();
  CHECK(link.stalls == 0 && deadMs >= 400 && deadMs <= 800);
  link.signs.isByUdp = false;  // its owner goes over to TLS
  link.run(5000);
  CHECK(link.stalls == 0);

  CASE("no TLS: no matter while datagrams pass");
  link = Link();
  link.signs.isByUdp = true;
  link.run(5000);
  link.isTcpDead = true;
  link.run(2000);
  CHECK(link.stalls == 0);

  CASE("small datagrams only: stalled, but not where frames go by TLS anyway");
  link = Link();
  link.signs.isByUdp = true;
  link.run(5000);
  link.signs.isByUdp = false;
  link.signs.isTooNarrow = true;
  CHECK(link.tick() == Change::stalled);
  CHECK(link.until(Change::resumed) <= 1500);
  link = Link();
  link.run(5000);
  link.signs.isTooNarrow = true;
  link.run(5000);
  CHECK(link.stalls == 0);
}

static void wavers() {
  CASE("a path that answers now and then does not come back");
  Link link;
  link.run(1000);
  link.isTcpDead = true;
  link.run(1000);
  for (int i = 0; i < 20; i++) {
    link.isTcpDead = false;
    link.run(400);
    link.isTcpDead = true;
    link.run(600);
  }
  CHECK(link.stalls == 1 && link.returns == 0);
}

int main() {
  dies();
  staysUp();
  idles();
  byUdp();
  wavers();
  return 0;
}
