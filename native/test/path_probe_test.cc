// The state of a UDP path, on a simulated one: when it counts as up and down, which size it finds
// as the path changes, what it makes of lost, late and false answers, and when a queue is seen.
// sources: path_probe.cc frame.cc
#include "../path_probe.h"

#include "check.h"
#include "path_simulation.h"

using namespace vnet;

static void comesUp() {
  CASE("comes up with the first answer and finds the size within two round trips");
  Simulation s;
  CHECK(!s.probe.isUp() && s.probe.datagramBytes() == 1200);
  s.run(19 * kMs);
  CHECK(!s.probe.isUp());
  s.run(2 * kMs);
  CHECK(s.probe.isUp() && s.probe.datagramBytes() == 1200);
  s.run(20 * kMs);
  CHECK(s.probe.datagramBytes() == 1472 && s.probe.changes() >= 2);
  CHECK(s.probe.rttNs() == 20 * kMs && s.probe.minRttNs() == 20 * kMs);
  CHECK(s.probe.latestRttNs() == 20 * kMs && !s.probe.isQueueing());
  uint64_t changes = s.probe.changes();
  s.run(60 * kSecond);
  CHECK(s.probe.isUp() && s.probe.changes() == changes);
}

static void sizes() {
  CASE("finds the largest size of the ladder that passes");
  struct Example {
    bool isIpv6;
    size_t linkMtu, passes, found;
  };
  for (const Example& e : std::vector<Example>{{false, 1500, 1472, 1472},
                                               {false, 1500, 1471, 1432},
                                               {false, 1500, 1431, 1400},
                                               {false, 1500, 1399, 1372},
                                               {false, 1500, 1371, 1232},
                                               {false, 1500, 1231, 1200},
                                               {true, 1500, 1452, 1452},
                                               {true, 1500, 1440, 1432},
                                               {false, 9000, 8972, 8972},
                                               {false, 9000, 1472, 1472},
                                               {false, 9216, 8999, 8972},
                                               {false, 65536, 65507, 9188},
                                               {false, 1420, 1392, 1392},
                                               {false, 900, 872, 872},
                                               {false, 0, 1472, 1472},
                                               {false, 1, 1472, 548}}) {
    Simulation s(e.isIpv6, e.linkMtu);
    s.passes = e.passes;
    s.run(kSecond);
    CHECK(s.probe.isUp() && s.probe.datagramBytes() == e.found);
  }
}

static void knocks() {
  CASE("knocks at once, after 100 ms, 250 ms and 1 s, then every 5 s");
  Simulation s;
  s.passes = 1199;
  s.run(11 * kSecond + 350 * kMs);
  CHECK(!s.probe.isUp() && s.sent.size() == 1);
  CHECK(s.sent[1200] == 6);  // 0, 0.1, 0.35, 1.35, 6.35, 11.35
  s.isHeard = true;          // something comes from there: at most one each 100 ms
  s.run(kSecond);
  CHECK(s.sent[1200] >= 6 + 5 && s.sent[1200] <= 6 + 11);
  s.passes = 1472;
  s.run(300 * kMs);
  CHECK(s.probe.isUp());
}

static void goesDown() {
  CASE("goes down a second after the last answer, and comes back");
  Simulation s;
  s.isBusy = true;
  s.run(5 * kSecond);
  uint64_t cutNs = s.now;
  s.passes = 0;
  s.run(1300 * kMs);
  CHECK(!s.probe.isUp());
  CHECK(s.downNs - cutNs >= 700 * kMs && s.downNs - cutNs <= 1260 * kMs);
  CHECK(s.probe.datagramBytes() == 1200);
  s.passes = 1472;
  s.run(5100 * kMs);
  CHECK(s.probe.isUp() && s.probe.datagramBytes() == 1472);
}

static void goesDownIdle() {
  CASE("goes down within 2.3 s where no frames are sent, within 1.3 s once they are");
  for (uint64_t cutMs = 0; cutMs < 1000; cutMs += 70) {
    Simulation s;
    s.run(5 * kSecond + cutMs * kMs);
    uint64_t cutNs = s.now;
    s.passes = 0;
    s.run(2300 * kMs);
    CHECK(!s.probe.isUp());
    CHECK(s.downNs - cutNs >= 700 * kMs);
    Simulation t;
    t.run(5 * kSecond);
    t.passes = 0;
    t.run(cutMs * kMs);
    t.isBusy = true;
    t.run(1300 * kMs);
    CHECK(!t.probe.isUp());
  }
}

static void goesDownOneWay() {
  CASE("waits twice as long while the peer is heard");
  Simulation s;
  s.isBusy = true;
  s.isHeard = true;
  s.run(5 * kSecond);
  uint64_t cutNs = s.now;
  s.passes = 0;
  s.run(3 * kSecond);
  CHECK(!s.probe.isUp());
  CHECK(s.downNs - cutNs >= 1700 * kMs && s.downNs - cutNs <= 2300 * kMs);
}

static void stepsDown() {
  CASE("finds a smaller size within 1.5 s where large ones stop to pass, and the larger again");
  Simulation s(false, 9000);
  s.isBusy = true;
  s.passes = 8972;
  s.run(5 * kSecond);
  CHECK(s.probe.datagramBytes() == 8972);
  s.passes = 1372;
  s.run(1500 * kMs);
  CHECK(s.probe.isUp() && s.probe.datagramBytes() == 1372);
  s.run(20 * kSecond);
  CHECK(s.probe.isUp() && s.probe.datagramBytes() == 1372 && s.downNs == 0);
  s.passes = 1472;
  s.run(10300 * kMs);
  CHECK(s.probe.datagramBytes() == 1472);
  s.passes = 600;  // not even the base size: no use
  s.run(1500 * kMs);
  CHECK(!s.probe.isUp());
  s.run(20 * kSecond);
  CHECK(!s.probe.isUp());
}

static void refused() {
  CASE("takes the kernel's word for what is too big");
  Simulation s;
  s.run(5 * kSecond);
  s.probe.tooBig(1433, s.now);
  CHECK(s.probe.datagramBytes() == 1432);
  s.probe.tooBig(1, s.now);
  CHECK(s.probe.datagramBytes() == 1200 && s.probe.isUp());
  s.probe.tooBig(1, s.now);
  s.run(11 * kSecond);
  CHECK(s.probe.datagramBytes() == 1472);
}

static void lossy() {
  CASE("stands 10 % loss each way; under 3 % the size hardly ever changes");
  for (uint64_t seed = 1; seed <= 5; seed++) {
    Simulation s(false, 1500, seed);
    s.loss = 0.1;
    s.run(10 * 60 * kSecond);
    CHECK(s.probe.isUp() && s.downNs == 0);
    CHECK(s.probe.changes() < 40);
    Simulation t(false, 1500, seed);
    t.loss = 0.03;
    t.run(10 * 60 * kSecond);
    CHECK(t.probe.isUp() && t.downNs == 0 && t.probe.changes() <= 6);
  }
}

static void frugal() {
  CASE("costs little");
  Simulation s;
  s.run(102 * kSecond);  // two of them as if frames were sent, then one round a second
  CHECK(s.sent[64] >= 105 && s.sent[64] <= 112 && s.sent[1472] <= 12);
  Simulation t;
  t.isBusy = true;
  t.run(100 * kSecond);
  CHECK(t.sent[64] >= 1900 && t.sent[64] <= 2402 && t.sent[1472] <= 410);
  t.isBusy = false;
  t.run(3 * kSecond);
  t.sent.clear();
  t.run(10 * kSecond);
  CHECK(t.sent[64] <= 11);
}

static void slow() {
  CASE("a path slower than a round");
  Simulation s;
  s.rttNs = 900 * kMs;
  s.run(60 * kSecond);
  CHECK(s.probe.isUp() && s.downNs == 0 && s.probe.datagramBytes() == 1472);
  CHECK(s.probe.rttNs() == 900 * kMs);
  s.passes = 0;
  while (s.probe.isUp()) s.run(10 * kMs);
  uint64_t changes = s.probe.changes();
  s.passes = 1472;  // what was sent before counts no more
  s.run(20 * kSecond);
  CHECK(s.probe.isUp() && s.probe.datagramBytes() == 1472 && s.probe.changes() == changes + 2);
}

static void queue() {
  CASE("sees a queue within 200 ms while frames leave, and its end");
  Simulation s;
  s.isBusy = true;
  s.run(5 * kSecond);
  s.rttNs = 29 * kMs;  // within half of the minimum
  s.run(kSecond);
  CHECK(!s.probe.isQueueing());
  s.rttNs = 32 * kMs;
  s.run(200 * kMs);
  CHECK(s.probe.isQueueing() && s.probe.minRttNs() == 20 * kMs);
  s.rttNs = 21 * kMs;
  s.run(200 * kMs);
  CHECK(!s.probe.isQueueing());

  CASE("a lasting change of the route is no queue after 10 s");
  s.rttNs = 60 * kMs;
  s.run(9 * kSecond);
  CHECK(s.probe.isQueueing());
  s.run(2 * kSecond);
  CHECK(!s.probe.isQueueing() && s.probe.minRttNs() == 60 * kMs);

  CASE("a queue that builds up to 1.5 s does not take the path down");
  s.rttNs = 20 * kMs;
  s.run(10 * kSecond);
  s.isHeard = true;
  s.rttNs = 1500 * kMs;
  s.run(20 * kSecond);
  CHECK(s.probe.isUp() && s.downNs == 0);

  CASE("one late sample is no queue");
  RttMeter meter;
  for (uint64_t i = 1; i <= 20; i++) {
    meter.sample(i % 4 == 0 ? 30 * kMs : kMs, i * 50 * kMs);
    CHECK(!meter.isQueueing());
  }
  meter.sample(30 * kMs, 1050 * kMs);
  CHECK(meter.isQueueing());  // two are
}

static void falseAnswers() {
  CASE("false answers tell nothing");
  PathProbe probe(false, 1500);
  std::vector<PathProbe::Probe> due;
  probe.due(kSecond, &due);
  CHECK(due.size() == 1);
  auto knock = due[0];
  probe.answered(0, 1200, kSecond);
  probe.answered(knock.id + 1, 1200, kSecond);
  probe.answered(knock.id + 128, 1200, kSecond);
  probe.answered(knock.id, 1472, kSecond + kMs);
  probe.answered(knock.id, 1200, kSecond - 1);  // before it was sent
  CHECK(!probe.isUp() && probe.changes() == 0 && probe.rttNs() == 0);
  probe.answered(knock.id, 1200, kSecond + kMs);
  CHECK(probe.isUp() && probe.rttNs() == kMs);
  probe.answered(knock.id, 1200, kSecond + 900 * kMs);  // twice
  CHECK(probe.rttNs() == kMs);
  std::mt19937_64 random(7);
  for (int i = 0; i < 100000; i++) {
    uint64_t now = kSecond + random() % kSecond;
    due.clear();
    switch (random() % 5) {
      case 0:
        probe.due(now, &due);
        break;
      case 1:
        probe.answered(static_cast<uint32_t>(random() % 300), random() % 1500, now);
        break;
      case 2:
        probe.heard(now);
        break;
      case 3:
        probe.busy(now);
        break;
      default:
        probe.tooBig(random() % 2000, now);
    }
    CHECK(probe.datagramBytes() >= 1200 && probe.datagramBytes() <= 1472 && due.size() <= 10);
  }
}

static void messages() {
  CASE("messages round trip");
  uint8_t payload[kProbeBytes];
  writeProbe(payload, {0x01020304, 1472, 0x1122334455667788});
  CHECK(payload[0] == 1 && payload[3] == 4 && payload[7] == (1472 & 255) && payload[8] == 0x11);
  ProbeMessage back = readProbe(payload);
  CHECK(back.id == 0x01020304 && back.datagramBytes == 1472);
  CHECK(back.sentNs == 0x1122334455667788);
}

int main() {
  comesUp();
  sizes();
  knocks();
  goesDown();
  goesDownIdle();
  goesDownOneWay();
  stepsDown();
  refused();
  lossy();
  frugal();
  slow();
  queue();
  falseAnswers();
  messages();
  return 0;
}
