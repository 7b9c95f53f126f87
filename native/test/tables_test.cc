// The shared tables under threads: look-ups, learning, rules and counting at once lose nothing.
// threads: yes
// sources: mac_table.cc rule_table.cc
#include <thread>

#include "../mac_table.h"
#include "../rule_table.h"
#include "check.h"

using namespace vnet;

int main() {
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
      CHECK(pairs.add({i % 50, self}, {1, 100, 0}));
    }
  };
  std::thread drain([&] {
    while (!isDone) {
      pairs.take().forEach([&](const PairKey&, PairCount& count) { taken += count.frames; });
      macs.snapshot(2000);
      rules.snapshot();
    }
  });
  std::thread a(work, 1), b(work, 2);
  a.join();
  b.join();
  isDone = true;
  drain.join();
  pairs.take().forEach([&](const PairKey&, PairCount& count) { taken += count.frames; });
  CHECK(taken == 40000);
  CHECK(macs.size() == 500);
  return 0;
}
