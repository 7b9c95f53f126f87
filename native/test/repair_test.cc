// The parts of loss repair, one by one: what is kept and found, how much may be sent again, what is
// held back and in which order, and the messages. Gaps: gap_tracker_test.cc.
// sources: repair.cc gap_tracker.cc hold_queue.cc resend_store.cc gso.cc frame.cc
#include "../repair.h"

#include <algorithm>
#include <deque>
#include <random>

#include "check.h"
#include "tcp_messages.h"

using namespace vnet;

static constexpr uint64_t kMs = 1'000'000;

static std::vector<uint8_t> plainOf(uint64_t counter, size_t length) {
  std::vector<uint8_t> plain(length);
  for (size_t i = 0; i < length; i++) plain[i] = static_cast<uint8_t>(counter * 31 + i);
  return plain;
}

static bool holds(const ResendStore& store, uint64_t counter, size_t length) {
  size_t found = 0;
  const uint8_t* bytes = store.find(counter, &found);
  if (!bytes) return false;
  CHECK(found == length);
  CHECK(length == 0 || memcmp(bytes, plainOf(counter, length).data(), length) == 0);
  return true;
}

static void storeKeepsTheNewest() {
  CASE("the store finds what was sent lately, whole, within its bound");
  for (uint64_t seed = 1; seed <= 4; seed++) {
    std::mt19937_64 random(seed);
    ResendStore store({.bytesMax = seed % 2 ? 1'000'000u : 1u << 20, .keepNs = 300 * kMs});
    CHECK(store.bytes() == 0 && !holds(store, 1, 0) && !holds(store, 0, 0));
    std::deque<std::pair<uint64_t, size_t>> sent;
    size_t keptBytes = 0;
    uint64_t counter = 0, found = 0;
    for (int i = 0; i < 20000; i++) {
      counter += random() % 50 == 0 ? 1 + random() % 40 : 1;  // not all are told
      size_t length = random() % 20 == 0 ? 0 : random() % 1500;
      auto plain = plainOf(counter, length);
      size_t head = length == 0 ? 0 : random() % length;
      store.sent(counter, plain.data(), head, plain.data() + head, length - head,
                 static_cast<uint64_t>(i) * kMs / 10);
      sent.emplace_back(counter, length);
      keptBytes += length;
      while (keptBytes > 900'000 || sent.size() > 1200) {
        keptBytes -= sent.front().second;
        sent.pop_front();
      }
      auto& any = sent[random() % sent.size()];
      if (holds(store, any.first, any.second)) found++;
      CHECK(holds(store, counter, length) && !holds(store, counter + 1, 0));
      CHECK(store.bytes() <= (1u << 20) * 5 / 4);
    }
    CHECK(found > 19990);  // a jump of counters may outrun a ring that is small yet
    store.clear();
    CHECK(store.bytes() == 0 && !holds(store, counter, 0));
    store.sent(counter + 1, plainOf(counter + 1, 9).data(), 9, nullptr, 0, 0);
    CHECK(holds(store, counter + 1, 9));
  }
}

static void storeGrowsByNeed() {
  CASE("the store takes the memory that the rate needs");
  ResendStore slow, fast;
  auto plain = plainOf(7, 1400);
  for (uint64_t i = 1; i <= 20000; i++) {
    slow.sent(i, plain.data(), plain.size(), nullptr, 0, i * 10 * kMs);
    fast.sent(i, plain.data(), plain.size(), nullptr, 0, i * kMs / 100);
  }
  CHECK(slow.bytes() < 300 * 1024);
  CHECK(fast.bytes() > 8u << 20 && fast.bytes() < 9u << 20);
  size_t length;
  CHECK(fast.find(20000 - 5900, &length) && !fast.find(20000 - 6100, &length));
  std::vector<uint8_t> huge(3u << 20);  // longer than any datagram: not kept, nothing breaks
  fast.sent(20001, huge.data(), huge.size(), nullptr, 0, 0);
  CHECK(!fast.find(20001, &length) && fast.find(20000, &length));
}

static void budget() {
  CASE("the budget is a burst, then a share of what is sent; none of it under a queue");
  ResendBudget budget;
  for (int i = 0; i < 128; i++) CHECK(budget.take(false));
  CHECK(!budget.take(false) && budget.resent() == 128 && budget.denied() == 1);
  budget.sent(31);
  CHECK(!budget.take(false));
  budget.sent(1);
  CHECK(!budget.take(true) && budget.take(false) && !budget.take(false));
  budget.sent(1'000'000'000);
  for (int i = 0; i < 128; i++) CHECK(budget.take(false));
  CHECK(!budget.take(false));
}

using Ranges = std::vector<MissingRange>;

static void holdsInOrder() {
  CASE("held messages leave in the order of their counters, the oldest first beyond the bound");
  std::mt19937_64 random(3);
  HoldQueue queue(100'000);
  std::vector<uint64_t> given;
  auto sink = [&](uint8_t* wire, size_t length) {
    given.push_back(read64(wire));
    CHECK(length >= 16 && read64(wire + length - 8) == given.back());
  };
  CHECK(queue.empty() && queue.oldestNs() == UINT64_MAX && queue.release(9, sink) == 0);
  uint64_t base = 100;
  for (int turn = 0; turn < 3000; turn++) {
    for (uint64_t i = random() % 8; i > 0; i--) {
      uint64_t counter = base + random() % 200;
      std::vector<uint8_t> wire(16 + random() % 600);
      write64(wire.data(), counter);
      write64(wire.data() + wire.size() - 8, counter);
      queue.hold(counter, wire.data(), wire.size(), static_cast<uint64_t>(turn));
    }
    given.clear();
    bool isOver = queue.bytes() > 100'000;
    size_t count = queue.release(base, sink);
    CHECK(count == given.size() && std::is_sorted(given.begin(), given.end()));
    CHECK(isOver || given.empty() || given.back() < base);
    CHECK(queue.bytes() <= 100'000);
    base += random() % 5;
  }
  given.clear();
  CHECK(queue.size() > 0 && queue.oldestNs() < 3000);
  queue.release(UINT64_MAX, sink);
  CHECK(std::is_sorted(given.begin(), given.end()) && queue.empty() && queue.bytes() == 0);
  queue.hold(9, plainOf(1, 20).data(), 20, 0);
  for (uint64_t i = 0; i < 4; i++) {  // messages of one datagram stay in order
    uint8_t wire[16];
    write64(wire, i);
    write64(wire + 8, i);
    queue.hold(5, wire, 16, 0);
  }
  given.clear();
  queue.release(6, sink);
  CHECK((given == std::vector<uint64_t>{0, 1, 2, 3}) && queue.size() == 1);
  queue.clear();
  CHECK(queue.empty() && queue.bytes() == 0);
}

static void messages() {
  CASE("messages round trip, and malformed ones are refused");
  Ranges ranges = {{1, 1}, {0x1122334455667788, 4095}}, back;
  auto wire = resendRequestMessage(ranges);
  MessageHeader header;
  CHECK(parseDatagramHeader(wire.data(), wire.size(), &header) == ParseResult::ok);
  CHECK(header.type == MessageType::resendRequest && header.length == 20);
  CHECK(readResendRequest(wire.data() + kHeaderBytes, header.length, &back));
  CHECK(back.size() == 2 && back[1].first == ranges[1].first && back[1].count == 4095);
  const uint8_t* payload = wire.data() + kHeaderBytes;
  for (size_t bad : {0, 9, 11, 19}) CHECK(!readResendRequest(payload, bad, &back));
  CHECK(resendRequestMessage(Ranges(100, {1, 1})).size() == kHeaderBytes + 64 * 10);
  CHECK(!readResendRequest(std::vector<uint8_t>(650, 1).data(), 650, &back));
  for (MissingRange bad : Ranges{{0, 1}, {1, 0}, {1, 4097}, {UINT64_MAX, 1}}) {
    auto lie = resendRequestMessage({bad});
    CHECK(!readResendRequest(lie.data() + kHeaderBytes, 10, &back));
  }

  uint8_t head[kRepairedOverheadBytes + kHeaderBytes] = {};
  uint64_t counter = 0;
  for (size_t length : {size_t{0}, kHeaderBytes}) {
    CHECK(writeRepairedHead(head, 77, length) == kRepairedOverheadBytes);
    size_t whole = kRepairedOverheadBytes + length;
    CHECK(parseDatagramHeader(head, whole, &header) == ParseResult::ok);
    CHECK(header.type == MessageType::repaired);
    CHECK(readRepaired(head + kHeaderBytes, header.length, &counter) && counter == 77);
  }
  for (size_t bad : {9, 15}) CHECK(!readRepaired(head + kHeaderBytes, bad, &counter));
  writeRepairedHead(head, 0, 0);
  CHECK(!readRepaired(head + kHeaderBytes, 8, &counter));
}

static void bulk() {
  CASE("bulk is TCP with payload, whatever is padded, cut short or lied about");
  CHECK(isBulkTcp(tcpMessage(1).data(), tcpMessage(1).size()));
  CHECK(!isBulkTcp(tcpMessage(0).data(), tcpMessage(0).size()));
  auto bulk6 = offloadedTcp6Message(900), none6 = offloadedTcp6Message(0);
  CHECK(isBulkTcp(bulk6.data(), bulk6.size()) && !isBulkTcp(none6.data(), none6.size()));
  auto udp = tcpMessage(900), control = tcpMessage(900), arp = tcpMessage(900);
  udp[kHeaderBytes + 23] = 17;
  control[0] = static_cast<uint8_t>(MessageType::control);
  arp[kHeaderBytes + 13] = 6;
  for (auto& m : {udp, control, arp}) CHECK(!isBulkTcp(m.data(), m.size()));
  for (size_t length = 0; length < bulk6.size(); length++) {
    std::vector<uint8_t> part(bulk6.begin(), bulk6.begin() + static_cast<ptrdiff_t>(length));
    CHECK(isBulkTcp(part.data(), length) == (length > kHeaderBytes + kVnetHeaderBytes + 74));
  }
  std::mt19937_64 random(5);
  for (int i = 0; i < 100000; i++) {
    std::vector<uint8_t> any = i % 2 ? bulk6 : udp;
    any.resize(random() % 200);
    for (int change = 0; change < 4 && !any.empty(); change++) {
      any[random() % any.size()] = static_cast<uint8_t>(random());
    }
    isBulkTcp(any.data(), any.size());
  }
}

int main() {
  storeKeepsTheNewest();
  storeGrowsByNeed();
  budget();
  holdsInOrder();
  messages();
  bulk();
  return 0;
}
