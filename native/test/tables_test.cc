// The shared tables under threads: look-ups, learning, rules and counting at once lose nothing.
// threads: yes
// sources: mac_table.cc rule_table.cc
#include <thread>

#include "../mac_table.h"
#include "../pair_counter.h"
#include "../rule_table.h"
#include "check.h"

using namespace vnet;

// What is in a table is found there, whatever is added, removed and rebuilt beside it.
static void steadyReaders() {
  MacTable macs(300000);
  RuleTable rules;
  constexpr uint64_t kSteady = 300;
  Location previous;
  uint32_t moves = 0;
  for (uint64_t mac = 0; mac < kSteady; mac++) {
    macs.learn(mac, {Location::Kind::port, 7}, 1000, false, &previous, &moves);
    rules.set(mac, mac % 2 ? mac : RuleTable::kAnySource, {RuleTarget::Kind::link, 9}, true);
  }
  std::atomic<bool> isDone{false};
  auto read = [&] {
    for (uint64_t i = 0; !isDone; i++) {
      uint64_t mac = i % kSteady;
      Rule rule;
      macs.expect(mac);
      CHECK(macs.find(mac) == (Location{Location::Kind::port, 7}));
      CHECK(rules.find(mac, mac % 2 ? mac : RuleTable::kAnySource, &rule));
      CHECK(rule.target.kind == RuleTarget::Kind::link && rule.target.id == 9 && rule.isTransit);
      CHECK(!rules.find(mac, kSteady, &rule));
      rule.counters->frames++;
    }
  };
  std::thread a(read), b(read);
  for (int round = 0; round < 20; round++) {
    for (uint64_t mac = kSteady; mac < kSteady + 2000; mac++) {
      macs.learn(mac, {Location::Kind::link, 3}, 1000, false, &previous, &moves);
      rules.set(mac, RuleTable::kAnySource, {}, false);
    }
    for (uint64_t mac = kSteady; mac < kSteady + 2000; mac++) {
      CHECK(macs.find(mac) == (Location{Location::Kind::link, 3}));
      if (mac % 2) CHECK(macs.forget(mac));
      CHECK(rules.remove(mac, RuleTable::kAnySource));
    }
    macs.forgetLocation({Location::Kind::link, 3});
    CHECK(macs.size() == kSteady);
    CHECK(rules.snapshot().size() == kSteady);
  }
  isDone = true;
  a.join();
  b.join();
}

// A frame now and then is enough to stay, and is not written down more often than needed.
static void ageing() {
  MacTable macs(10000);
  Location here{Location::Kind::port, 1}, previous;
  uint32_t moves = 0;
  std::vector<uint64_t> expired;
  auto sweep = [&](uint64_t now) {
    macs.sweep(now, [&](uint64_t mac) { expired.push_back(mac); });
  };
  for (uint64_t now = 1000; now <= 60000; now += 300) {
    macs.learn(1, here, now, false, &previous, &moves);
    if (now == 1000) macs.learn(2, here, now, false, &previous, &moves);
    if (now == 1000) macs.learn(3, here, now, true, &previous, &moves);
    sweep(now);
    CHECK(macs.find(1) == here && macs.find(3) == here);
    if (now <= 11000) CHECK(macs.find(2) == here);
  }
  CHECK(expired == std::vector<uint64_t>{2});
  CHECK(macs.snapshot(60000).size() == 2);
  for (auto& entry : macs.snapshot(60000)) {
    if (entry.mac == 1) CHECK(entry.ageMs < 1000);
  }
  sweep(72000);
  CHECK(expired == (std::vector<uint64_t>{2, 1}));
}

// Half of the counts is read and emptied while the other counts on; memory is given back.
static void pairCounts() {
  PairCounter pairs;
  auto drain = [&] {
    uint64_t frames = 0;
    pairs.drain([&](const PairKey&, const PairCount& count) { frames += count.frames; });
    return frames;
  };
  for (uint64_t i = 0; i < kPairTableMax; i++) CHECK(pairs.add({i, i + 1}, {60, 1, 0}));
  CHECK(!pairs.add({kPairTableMax, 1}, {60, 1, 0}));
  CHECK(pairs.add({5, 6}, {60, 1, 0}));
  CHECK(drain() == kPairTableMax + 1);
  CHECK(drain() == 0);
  for (int round = 0; round < 6; round++) {
    for (uint64_t i = 0; i < 10; i++) CHECK(pairs.add({i, i + 1}, {60, 2, 0}));
    pairs.expect({3, 4});
    CHECK(drain() == 20);
  }
}

int main() {
  CASE("what is in a table is found while others come and go");
  steadyReaders();
  CASE("ageing");
  ageing();
  CASE("counted pairs");
  pairCounts();
  CASE("MACs are learned and found by several threads at once");
  MacTable macs(300000);
  RuleTable rules;
  PairCounter pairs;
  std::atomic<uint64_t> taken{0};
  std::atomic<bool> isDone{false};
  auto work = [&](uint32_t self) {
    Location previous;
    uint32_t moves = 0;
    for (uint64_t i = 0; i < 20000; i++) {
      macs.learn(i % 500, {Location::Kind::port, self}, 1000, false, &previous, &moves);
      macs.find(i % 700);
      rules.set(i % 100, RuleTable::kAnySource, {RuleTarget::Kind::link, self}, false);
      Rule rule;
      if (rules.find(i % 100, RuleTable::kAnySource, &rule)) rule.counters->frames++;
      if (i % 7 == 0) rules.remove(i % 100, RuleTable::kAnySource);
      CHECK(pairs.add({i % 50, self}, {100, 1, 0}));
    }
  };
  std::thread drain([&] {
    while (!isDone) {
      pairs.drain([&](const PairKey&, PairCount& count) { taken += count.frames; });
      macs.snapshot(2000);
      rules.snapshot();
    }
  });
  std::thread a(work, 1), b(work, 2);
  a.join();
  b.join();
  isDone = true;
  drain.join();
  pairs.drain([&](const PairKey&, PairCount& count) { taken += count.frames; });
  CHECK(taken == 40000);
  CHECK(macs.size() == 500);
  return 0;
}
