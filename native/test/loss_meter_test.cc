// When a path counts as lossy: shares, windows, too little traffic, and when that is over.
// sources:
// libs: -
#include "../loss_meter.h"

#include "check.h"

using namespace vnet;

static constexpr uint64_t kSecond = 1'000'000'000;

/** A link that sends so many packets a second, of which a share is sent again. */
struct Traffic {
  LossMeter meter;
  uint64_t sent = 5000, again = 400, nowNs = kSecond;

  /** In steps of a tenth of a second, as ticks come. Returns for how long it was as at first. */
  uint64_t run(uint64_t seconds, uint64_t packetsPerSecond, double share) {
    bool before = meter.isLossy();
    uint64_t steadyNs = 0;
    double owed = 0;
    for (uint64_t i = 0; i < seconds * 10; i++) {
      nowNs += kSecond / 10;
      sent += packetsPerSecond / 10;
      owed += double(packetsPerSecond) / 10 * share;
      again += static_cast<uint64_t>(owed);
      owed -= static_cast<double>(static_cast<uint64_t>(owed));
      meter.note(sent, again, nowNs);
      if (meter.isLossy() == before) steadyNs += kSecond / 10;
    }
    return steadyNs;
  }
};

static void becomes() {
  Traffic traffic;
  CASE("what was sent before it looked does not count");
  traffic.run(10, 10'000, 0);
  CHECK(!traffic.meter.isLossy());
  CASE("0.2 % is bearable, 0.5 % is not, from the third window on");
  traffic.run(60, 10'000, 0.002);
  CHECK(!traffic.meter.isLossy());
  uint64_t steadyNs = traffic.run(10, 10'000, 0.005);
  CHECK(traffic.meter.isLossy() && steadyNs <= 8 * kSecond && steadyNs >= 4 * kSecond);
}

static void doesNot() {
  Traffic traffic;
  traffic.run(4, 10'000, 0);
  CASE("one bad moment");
  traffic.run(1, 10'000, 0.2);
  traffic.run(20, 10'000, 0);
  CHECK(!traffic.meter.isLossy());
  CASE("too little to tell");
  traffic.run(60, 100, 0.1);
  CHECK(!traffic.meter.isLossy());
}

static void ends() {
  Traffic traffic;
  traffic.run(10, 10'000, 0.01);
  CHECK(traffic.meter.isLossy());
  CASE("a minute without, and not before; times without traffic do not count");
  traffic.run(40, 10'000, 0);
  traffic.run(100, 0, 0);
  CHECK(traffic.meter.isLossy());
  traffic.run(30, 10'000, 0);
  CHECK(!traffic.meter.isLossy());
  CASE("forgotten after a while, and noticed again");
  traffic.run(10, 10'000, 0.01);
  CHECK(traffic.meter.isLossy());
  uint64_t steadyNs = traffic.run(299, 10'000, 0.01);
  CHECK(!traffic.meter.isLossy() && steadyNs >= 290 * kSecond);
  traffic.run(10, 10'000, 0.01);
  CHECK(traffic.meter.isLossy());
}

int main() {
  becomes();
  doesNot();
  ends();
  return 0;
}
