// When frames leave in datagrams and when by TLS: by the path's round trip, and steadily.
// sources:
// libs: -
#include "../transport_choice.h"

#include <initializer_list>

#include "check.h"

using namespace vnet;
using Reason = TransportReason;

static constexpr uint64_t kMs = 1'000'000, kSecond = 1000 * kMs;
static constexpr TransportChoice::Rule kFrom2Ms{false, 2 * kMs};

static TransportChoice::Path path(uint64_t minRttNs, uint64_t samples = 10) {
  return {true, minRttNs, samples};
}

static void byLength() {
  TransportChoice choice;
  CHECK(!choice.isUdp() && choice.reason() == Reason::noAnswer);
  CHECK(!choice.decide({}, kFrom2Ms, kSecond) && choice.reason() == Reason::noAnswer);
  CASE("one slow answer does not make a path long");
  CHECK(!choice.decide(path(9 * kMs, 1), kFrom2Ms, kSecond));
  CHECK(!choice.decide(path(9 * kMs, 2), kFrom2Ms, kSecond));
  CHECK(choice.reason() == Reason::measuring);
  CHECK(!choice.decide(path(2 * kMs - 1, 3), kFrom2Ms, kSecond));
  CHECK(!choice.isUdp() && choice.reason() == Reason::shortPath);
  CASE("it became long: nothing was chosen lately, so it is at once");
  CHECK(choice.decide(path(2 * kMs), kFrom2Ms, kSecond));
  CHECK(choice.isUdp() && choice.reason() == Reason::longPath);
}

static void steadily() {
  TransportChoice choice;
  uint64_t now = kSecond;
  CHECK(choice.decide(path(2 * kMs), kFrom2Ms, now));
  CASE("from half of the limit on it stays long");
  now += 60 * kSecond;
  CHECK(!choice.decide(path(1 * kMs), kFrom2Ms, now) && choice.isUdp());
  CHECK(choice.decide(path(1 * kMs - 1), kFrom2Ms, now));
  CHECK(!choice.isUdp() && choice.reason() == Reason::shortPath);
  CASE("not to and fro");
  CHECK(!choice.decide(path(20 * kMs), kFrom2Ms, now + TransportChoice::kHoldNs - 1));
  CHECK(!choice.isUdp());
  CHECK(choice.decide(path(20 * kMs), kFrom2Ms, now + TransportChoice::kHoldNs));
  CHECK(choice.isUdp());
}

static void byLoss() {
  TransportChoice choice;
  TransportChoice::Path lossy = path(kMs / 10);
  lossy.isLossy = true;
  uint64_t now = kSecond;
  CASE("a short path that loses much");
  CHECK(choice.decide(lossy, kFrom2Ms, now));
  CHECK(choice.isUdp() && choice.reason() == Reason::lossyPath);
  now += TransportChoice::kHoldNs;
  CASE("it becomes long, and loses no more");
  CHECK(!choice.decide(path(3 * kMs), kFrom2Ms, now) && choice.reason() == Reason::longPath);
  CHECK(!choice.decide(lossy, kFrom2Ms, now) && choice.reason() == Reason::lossyPath);
  CHECK(choice.decide(path(kMs / 10), kFrom2Ms, now));
  CHECK(!choice.isUdp() && choice.reason() == Reason::shortPath);
}

static void silence() {
  TransportChoice choice;
  CHECK(choice.decide(path(20 * kMs), kFrom2Ms, kSecond));
  CASE("a path that is silent is left at once, and taken again at once");
  CHECK(choice.decide({}, kFrom2Ms, kSecond + 1));
  CHECK(!choice.isUdp() && choice.reason() == Reason::noAnswer);
  CHECK(choice.decide(path(20 * kMs), kFrom2Ms, kSecond + 2) && choice.isUdp());
}

static void byRule() {
  CASE("where datagrams are required, or the limit is 0, the first answer is enough");
  for (TransportChoice::Rule rule : {TransportChoice::Rule{true, 2 * kMs}, {false, 0}}) {
    TransportChoice choice;
    CHECK(!choice.decide({}, rule, kSecond));
    CHECK(choice.decide(path(1, 1), rule, kSecond) && choice.isUdp());
    CHECK(choice.reason() == (rule.isRequired ? Reason::required : Reason::longPath));
    CHECK(!choice.decide(path(1, 2), rule, kSecond + 1));
  }
}

int main() {
  byLength();
  steadily();
  byLoss();
  silence();
  byRule();
  return 0;
}
