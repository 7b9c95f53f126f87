// Loss repair as a whole, over a simulated path with loss, reordering, outages and queues: what is
// missing in the end, in which order it comes out, and what it costs. Seeded; time is simulated.
// sources: repair.cc gap_tracker.cc hold_queue.cc resend_store.cc gso.cc frame.cc
#include <functional>
#include <map>
#include <random>
#include <utility>

#include "../repair.h"
#include "check.h"
#include "tcp_messages.h"

using namespace vnet;

static constexpr uint64_t kUs = 1000, kMs = 1'000'000, kSecond = 1000 * kMs;
using Bytes = std::vector<uint8_t>;

struct Conditions {
  double loss = 0;  // of each way
  uint64_t rttNs = 20 * kMs;
  uint64_t spacingNs = 20 * kUs;
  uint64_t datagrams = 50'000;
  uint64_t outageFromNs = 0, outageToNs = 0;
  bool isQueueing = false;
  uint64_t reorderBy = 0;  // every 10th datagram comes so many places later
  uint64_t jitterNs = 0;
  uint64_t seed = 1;
};

/** One way of a link: frames there, requests back. */
class Simulation {
 public:
  explicit Simulation(const Conditions& conditions) : is(conditions), random_(conditions.seed) {}

  const Conditions is;
  GapTracker gaps;
  HoldQueue hold;
  ResendStore store;
  ResendBudget budget;
  uint64_t requests = 0, asked = 0, delivered = 0, disordered = 0, duplicates = 0;
  uint64_t longestNs = 0;         // from the first sending of a bulk frame to its delivery
  uint64_t slowestAckNs = 0;      // the same of a frame that is never held
  size_t heldBytesMax = 0;

  void run() {
    came_.resize(is.datagrams + 1);
    for (uint64_t i = 1; i <= is.datagrams; i++) {
      at(i * is.spacingNs, [this, i] { sendFrame(i); });
    }
    // Something goes on being sent, as probes do, so that the last gaps show.
    for (uint64_t i = 1; i <= 20; i++) {
      at(is.datagrams * is.spacingNs + i * 20 * kMs, [this] { transmit({}); });
    }
    while (!events_.empty() || gaps.nextDueNs() != UINT64_MAX) {
      uint64_t next = events_.empty() ? UINT64_MAX : events_.begin()->first;
      now_ = std::max(now_, std::min(next, gaps.nextDueNs()));
      if (next <= now_) {
        auto event = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        event();
      }
      repair();
    }
    CHECK(hold.empty() && gaps.open() == 0);
  }

  uint64_t missing() const { return is.datagrams - delivered; }

 private:
  std::mt19937_64 random_;
  std::multimap<uint64_t, std::function<void()>> events_;
  uint64_t now_ = 0, counter_ = 0, newest_ = 0;
  std::vector<bool> came_;

  void at(uint64_t timeNs, std::function<void()> what) { events_.emplace(timeNs, std::move(what)); }

  bool isLost() {
    if (now_ >= is.outageFromNs && now_ < is.outageToNs) return true;
    return std::bernoulli_distribution(is.loss)(random_);
  }

  // The sender. Every tenth frame is an acknowledgement.
  void sendFrame(uint64_t number) {
    Bytes wire = tcpMessage(number % 10 == 0 ? 0 : 1380);
    write64(wire.data() + wire.size() - 8, number);
    if (number % 10 == 0) write64(wire.data() + kHeaderBytes, number);  // over its MAC address
    uint64_t counter = transmit(wire);
    store.sent(counter, wire.data(), kHeaderBytes, wire.data() + kHeaderBytes,
               wire.size() - kHeaderBytes, now_);
  }

  uint64_t transmit(const Bytes& plain) {
    uint64_t counter = ++counter_;
    budget.sent(1);
    uint64_t lateNs = is.reorderBy > 0 && counter % 10 == 3 ? is.reorderBy * is.spacingNs + 1 : 0;
    if (is.jitterNs > 0) lateNs += random_() % is.jitterNs;
    if (isLost()) return counter;
    at(now_ + is.rttNs / 2 + lateNs, [this, counter, plain] { arrive(counter, plain); });
    return counter;
  }

  void answer(const Bytes& request) {
    Bytes refusals;
    std::vector<MissingRange> ranges;
    CHECK(readResendRequest(request.data() + kHeaderBytes, request.size() - kHeaderBytes, &ranges));
    for (auto& range : ranges) {
      for (uint64_t c = range.first; c < range.first + range.count; c++) {
        size_t length = 0;
        const uint8_t* plain = store.find(c, &length);
        if (!plain || !budget.take(is.isQueueing)) length = 0;
        Bytes message(kRepairedOverheadBytes + length);
        writeRepairedHead(message.data(), c, length);
        if (length > 0) memcpy(message.data() + kRepairedOverheadBytes, plain, length);
        if (length > 0) {
          transmit(message);
        } else {
          refusals.insert(refusals.end(), message.begin(), message.end());
          if (refusals.size() > 1300) transmit(std::exchange(refusals, {}));
        }
      }
    }
    if (!refusals.empty()) transmit(refusals);
  }

  // The receiver.
  void arrive(uint64_t counter, const Bytes& plain) {
    if (!gaps.arrived(counter, now_)) return;
    for (size_t at = 0; at < plain.size();) {
      MessageHeader header;
      CHECK(parseDatagramHeader(plain.data() + at, plain.size() - at, &header) == ParseResult::ok);
      const uint8_t* payload = plain.data() + at + kHeaderBytes;
      if (header.type == MessageType::repaired) {
        takeRepaired(payload, header.length);
      } else {
        take(counter, plain.data() + at, kHeaderBytes + header.length);
      }
      at += kHeaderBytes + header.length;
    }
    release();
  }

  void takeRepaired(const uint8_t* payload, size_t length) {
    uint64_t original = 0;
    CHECK(readRepaired(payload, length, &original));
    if (length == kRepairedCounterBytes) return gaps.gone(original);
    if (!gaps.arrived(original, now_)) return;
    take(original, payload + kRepairedCounterBytes, length - kRepairedCounterBytes);
  }

  void take(uint64_t counter, const uint8_t* wire, size_t length) {
    if (gaps.firstOpen() < counter && isBulkTcp(wire, length)) {
      hold.hold(counter, wire, length, now_);
    } else {
      deliver(wire, length);
    }
  }

  void release() {
    heldBytesMax = std::max(heldBytesMax, hold.bytes());
    hold.release(gaps.firstOpen(), [this](uint8_t* wire, size_t length) { deliver(wire, length); });
  }

  void deliver(const uint8_t* wire, size_t length) {
    bool isBulk = isBulkTcp(wire, length);
    uint64_t number = isBulk ? read64(wire + length - 8) : read64(wire + kHeaderBytes);
    CHECK(number >= 1 && number <= is.datagrams);
    if (came_[number]) duplicates++;
    came_[number] = true;
    delivered++;
    uint64_t tookNs = now_ - number * is.spacingNs;
    if (isBulk) {
      if (number < newest_) disordered++;
      newest_ = std::max(newest_, number);
      longestNs = std::max(longestNs, tookNs);
    } else {
      slowestAckNs = std::max(slowestAckNs, tookNs);
    }
  }

  void repair() {
    std::vector<MissingRange> ranges;
    if (gaps.due(now_, is.rttNs, &ranges) > 0) {
      requests++;
      for (auto& range : ranges) asked += range.count;
      Bytes message = resendRequestMessage(ranges);
      if (!isLost()) at(now_ + is.rttNs / 2, [this, message] { answer(message); });
    }
    release();
  }
};

static void print(const char* what, const Simulation& s) {
  fprintf(stderr, "    %s: missing %llu of %llu, asked %llu, resent %llu, denied %llu, "
          "held %zu KB at most, slowest %llu us\n", what, (unsigned long long)s.missing(),
          (unsigned long long)s.is.datagrams, (unsigned long long)s.asked,
          (unsigned long long)s.budget.resent(), (unsigned long long)s.budget.denied(),
          s.heldBytesMax / 1024, (unsigned long long)(s.longestNs / kUs));
}

static void randomLoss() {
  CASE("random loss is repaired, in order, at the price of the loss");
  for (double loss : {0.01, 0.03}) {
    for (uint64_t seed = 1; seed <= 3; seed++) {
      Simulation s({.loss = loss, .seed = seed});
      s.run();
      print(loss == 0.01 ? "1 %" : "3 %", s);
      CHECK(s.missing() * 10'000 < s.is.datagrams * 5);  // 0.05 %
      CHECK(s.duplicates == 0 && s.disordered == 0);
      CHECK(s.heldBytesMax <= HoldQueue::kBytesMax + 2000 && s.store.bytes() < 9u << 20);
      CHECK(s.longestNs <= 10 * kMs + 150 * kMs);
      double sent = static_cast<double>(s.is.datagrams);
      CHECK(static_cast<double>(s.budget.resent()) < sent * loss * 1.2);
      CHECK(static_cast<double>(s.asked) < sent * loss * 1.4);
    }
  }
}

static void heavyLoss() {
  CASE("loss far above the budget reaches TCP, and repairs stay within it");
  Simulation s({.loss = 0.2});
  s.run();
  print("20 %", s);
  CHECK(s.budget.resent() <= (s.is.datagrams + s.asked) / 32 + 128);
  CHECK(s.missing() > s.is.datagrams / 10 && s.duplicates == 0);
  CHECK(s.heldBytesMax <= HoldQueue::kBytesMax + 2000);
}

static void outages() {
  CASE("an outage of a second makes no storm, at any rate");
  for (uint64_t spacingNs : {20 * kUs, 100 * kUs, 1000 * kUs}) {
    Simulation s({.spacingNs = spacingNs,
                  .datagrams = 3 * kSecond / spacingNs,
                  .outageFromNs = kSecond,
                  .outageToNs = 2 * kSecond});
    s.run();
    print("outage", s);
    uint64_t out = kSecond / spacingNs;
    CHECK(s.missing() <= out && s.missing() + 300 >= out);
    CHECK(s.requests < 50 && s.budget.resent() <= 300 && s.duplicates == 0);
    CHECK(out <= GapTracker::kOpenMax || s.asked == 0);
    CHECK(s.disordered == 0);
  }
}

static void congestion() {
  CASE("while a queue stands nothing is repaired, and nothing waits for it either");
  Simulation s({.loss = 0.01, .isQueueing = true});
  s.run();
  print("queueing", s);
  CHECK(s.budget.resent() == 0 && s.missing() > 400 && s.missing() < 600);
  // A round trip to hear that there will be none; hardly ever two.
  CHECK(s.longestNs <= 10 * kMs + 80 * kMs && s.disordered == 0);
}

static void reordering() {
  CASE("reordering by 2 places is put right without a request");
  Simulation s({.reorderBy = 2});
  s.run();
  CHECK(s.requests == 0 && s.missing() == 0 && s.disordered == 0 && s.duplicates == 0);
  CHECK(s.longestNs <= 10 * kMs + 4 * s.is.spacingNs);

  CASE("wild reordering loses and doubles nothing");
  for (uint64_t rttNs : {20 * kMs, 200 * kMs}) {
    Simulation wild({.rttNs = rttNs, .datagrams = 20'000, .jitterNs = 8 * kMs});
    wild.run();
    print("jitter", wild);
    CHECK(wild.missing() == 0 && wild.duplicates == 0);
    CHECK(wild.asked < wild.is.datagrams / 10);
  }
}

static void others() {
  CASE("what is not bulk never waits");
  Simulation clean({.loss = 0});
  clean.run();
  CHECK(clean.missing() == 0 && clean.requests == 0 && clean.heldBytesMax == 0);
  CHECK(clean.longestNs == 10 * kMs && clean.slowestAckNs == 10 * kMs);
  Simulation s({.loss = 0.01});
  s.run();
  CHECK(s.slowestAckNs > 10 * kMs && s.slowestAckNs < 110 * kMs);  // only those that were lost
}

int main() {
  randomLoss();
  heavyLoss();
  outages();
  congestion();
  reordering();
  others();
  return 0;
}
