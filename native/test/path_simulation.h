// A simulated UDP path for the tests of probing: answers come back after a round trip, or not.
#pragma once

#include <map>
#include <random>

#include "../path_probe.h"

namespace vnet {

constexpr uint64_t kMs = 1'000'000, kSecond = 1000 * kMs;

/** A path there and back, and the probe that looks at it. Changes apply to what is sent later. */
class Simulation {
 public:
  explicit Simulation(bool isIpv6 = false, size_t linkMtu = 1500, uint64_t seed = 1)
      : probe(isIpv6, linkMtu), random_(seed) {}

  PathProbe probe;
  size_t passes = 1472;   // UDP payload
  double loss = 0;        // of each way
  uint64_t rttNs = 20 * kMs;
  bool isHeard = false;   // the peer's frames arrive
  bool isBusy = false;
  uint64_t now = kSecond;
  std::map<size_t, size_t> sent;  // probes by size
  uint64_t downNs = 0;            // when it went down last

  void run(uint64_t forNs) {
    uint64_t until = now + forNs;
    for (;;) {
      uint64_t next = std::min(probe.nextDueNs(), nextBeatNs_);
      if (!answers_.empty()) next = std::min(next, answers_.begin()->first);
      now = std::max(now, std::min(next, until));
      if (next > until) return;
      step();
    }
  }

 private:
  struct Answer {
    uint32_t id;
    size_t datagramBytes;
  };
  std::mt19937_64 random_;
  std::multimap<uint64_t, Answer> answers_;
  uint64_t nextBeatNs_ = kSecond;

  bool isLost() { return std::bernoulli_distribution(loss)(random_); }

  void step() {
    bool wasUp = probe.isUp();
    while (!answers_.empty() && answers_.begin()->first <= now) {
      Answer answer = answers_.begin()->second;
      answers_.erase(answers_.begin());
      probe.answered(answer.id, answer.datagramBytes, now);
    }
    if (now >= nextBeatNs_) {
      nextBeatNs_ = now + 10 * kMs;
      if (isHeard) probe.heard(now);
      if (isBusy) probe.busy(now);
    }
    std::vector<PathProbe::Probe> due;
    probe.due(now, &due);
    for (auto& p : due) {
      sent[p.datagramBytes]++;
      if (p.datagramBytes > passes || isLost() || isLost()) continue;
      answers_.insert({now + rttNs, {p.id, p.datagramBytes}});
    }
    if (wasUp && !probe.isUp()) downNs = now;
  }
};

}  // namespace vnet
