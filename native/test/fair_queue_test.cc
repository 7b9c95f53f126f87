// The queue in front of a link: nothing lost or torn within the bound, fair beyond it, short by
// delay, and given back when empty.
// sources: fair_queue.cc gso.cc frame.cc
#include "../fair_queue.h"

#include <map>
#include <vector>

#include "../frame.h"
#include "check.h"

using namespace vnet;

static constexpr uint64_t kMs = 1'000'000;

/** A message with a UDP frame of `flow` and a number to recognise it. */
static std::vector<uint8_t> message(uint8_t flow, uint32_t number, size_t payload = 1400) {
  std::vector<uint8_t> wire(kHeaderBytes + 42 + payload);
  writeHeader(wire.data(), MessageType::frame, 0, static_cast<uint32_t>(wire.size() - 8));
  uint8_t* frame = wire.data() + kHeaderBytes;
  frame[0] = frame[6] = 2;
  frame[11] = flow;
  frame[12] = 8;
  frame[14] = 0x45;
  frame[23] = 17;
  memcpy(frame + 42, &number, 4);
  return wire;
}

struct Taken {
  uint8_t flow;
  uint32_t number;
};

static std::vector<Taken> split(const uint8_t* bytes, size_t length) {
  std::vector<Taken> all;
  for (size_t at = 0; at < length;) {
    MessageHeader header;
    CHECK(parseHeader(bytes + at, length - at, &header) == ParseResult::ok);
    const uint8_t* frame = bytes + at + kHeaderBytes;
    Taken taken{frame[11], 0};
    memcpy(&taken.number, frame + 42, 4);
    all.push_back(taken);
    at += kHeaderBytes + header.length;
  }
  return all;
}

static std::vector<Taken> pull(FairQueue& queue, size_t size, uint64_t now) {
  std::vector<uint8_t> out(size);
  uint32_t dropped = 0;
  return split(out.data(), queue.pull(out.data(), size, now, &dropped));
}

static size_t push(FairQueue& queue, const std::vector<uint8_t>& wire, uint64_t now) {
  return queue.push(wire.data(), wire.size(), now);
}

static void order() {
  FairQueue queue;
  for (uint32_t i = 0; i < 300; i++) CHECK(push(queue, message(i % 3, i), kMs) == 0);
  CHECK(queue.frames() == 300);
  std::map<uint8_t, uint32_t> last;
  size_t count = 0;
  while (!queue.empty()) {
    for (Taken taken : pull(queue, 65536, kMs)) {
      CHECK(last.count(taken.flow) == 0 || taken.number > last[taken.flow]);
      last[taken.flow] = taken.number;
      count++;
    }
  }
  CHECK(count == 300 && queue.bytes() == 0);
}

static void fairness() {
  FairQueue queue({.bytesMax = 400'000, .targetNs = 0});
  size_t lightLost = 0;
  // A heavy flow offers ten times what is taken; a light one a message now and then.
  std::map<uint8_t, size_t> got;
  for (uint32_t turn = 0; turn < 500; turn++) {
    for (uint32_t i = 0; i < 100; i++) push(queue, message(1, turn * 100 + i), kMs);
    size_t before = queue.frames();
    size_t dropped = push(queue, message(2, turn, 60), kMs);
    if (queue.frames() + dropped != before + 1) lightLost++;
    auto batch = pull(queue, 15000, kMs);
    CHECK(batch.size() > 5);
    for (Taken taken : batch) got[taken.flow]++;
  }
  CHECK(got[2] >= 499);  // the light flow never waits behind the heavy one
  CHECK(lightLost == 0);
  CHECK(queue.bytes() <= 400'000);
}

static void equalShares() {
  FairQueue queue({.bytesMax = 4'000'000, .targetNs = 0});
  for (uint32_t i = 0; i < 1000; i++) {
    push(queue, message(1, i), kMs);
    push(queue, message(2, i), kMs);
    if (i % 2 == 0) push(queue, message(3, i, 700), kMs);
  }
  std::map<uint8_t, size_t> bytes;
  for (int i = 0; i < 8; i++) {
    for (Taken taken : pull(queue, 65536, kMs)) bytes[taken.flow] += taken.flow == 3 ? 750 : 1450;
  }
  double share = static_cast<double>(bytes[1]) / static_cast<double>(bytes[2]);
  CHECK(share > 0.85 && share < 1.18);
  CHECK(bytes[3] * 2 > bytes[1]);
}

/**
 * A source that answers drops as TCP does (halves its window, then grows by one a round trip), with
 * a window that could fill the queue for a second. Its messages must not wait long on the average.
 */
static void delayStaysShort() {
  FairQueue queue({.bytesMax = 64 * 1048576});
  std::vector<uint8_t> out(1600);
  double window = 2000, waited = 0;
  uint32_t inFlight = 0, drops = 0, served = 0, number = 0;
  uint64_t now = kMs;
  for (uint32_t tick = 0; tick < 200000; tick++, now += kMs / 10) {
    while (inFlight < window) {
      push(queue, message(1, number++), now);
      inFlight++;
    }
    uint32_t dropped = 0;
    if (queue.pull(out.data(), out.size(), now, &dropped) > 0) inFlight--;
    inFlight -= dropped;
    drops += dropped;
    if (dropped > 0) window = window / 2 < 2 ? 2 : window / 2;
    window += 1 / window;
    if (tick >= 100000) {  // after settling
      waited += static_cast<double>(queue.frames()) / 10;  // ms, at 10 messages a ms
      served++;
    }
  }
  CHECK(drops > 0);
  fprintf(stderr, "    mean wait %.1f ms, %u drops\n", waited / served, drops);
  CHECK(waited / served < 15);
}

static void oversized() {
  FairQueue queue({.bytesMax = 3000});
  CHECK(push(queue, message(1, 1), kMs) == 0);
  CHECK(push(queue, message(1, 2), kMs) == 0);
  CHECK(push(queue, message(1, 3), kMs) >= 1);
  CHECK(pull(queue, 100, kMs).empty());  // does not fit: stays
  CHECK(!queue.empty());
  queue.clear();
  CHECK(queue.empty() && queue.bytes() == 0);
  CHECK(push(queue, message(1, 4), kMs) == 0);
  CHECK(pull(queue, 65536, kMs).size() == 1);
}

/** Each drop is of a pair, once; what is merely cleared is nobody's. */
static void droppedPairs() {
  DroppedPairs pairs;
  FairQueue queue({.bytesMax = 64 * 1024}, &pairs);
  size_t dropped = 0;
  for (uint32_t i = 0; i < 200; i++) dropped += push(queue, message(1, i), kMs);
  dropped += push(queue, message(2, 0), kMs);
  CHECK(dropped > 0);
  std::vector<uint8_t> out(1600);
  for (uint64_t now = kMs; !queue.empty(); now += 50 * kMs) {
    uint32_t codel = 0;
    queue.pull(out.data(), out.size(), now, &codel);
    dropped += codel;
  }
  size_t told = 0;
  CHECK(!pairs.isEmpty());
  pairs.drain([&](const PairKey& key, uint32_t frames) {
    CHECK(key.source == 0x020000000001 && key.destination == 0x020000000000);
    told += frames;
  });
  CHECK(told == dropped);
  push(queue, message(1, 0), kMs);
  queue.clear();
  CHECK(pairs.isEmpty());
  // A super-frame of three segments is three frames.
  std::vector<uint8_t> wire = message(1, 0, 3000);
  wire.insert(wire.begin() + kHeaderBytes, {1, 5, 42, 0, 0xe8, 3, 34, 0, 6, 0});
  writeHeader(wire.data(), MessageType::offloadedFrame, 0, static_cast<uint32_t>(wire.size() - 8));
  pairs.add(wire.data(), wire.size());
  pairs.drain([&](const PairKey&, uint32_t frames) { CHECK(frames == 3); });
}

int main() {
  CASE("within the bound all arrives, in order within a flow");
  order();
  CASE("a heavy flow cannot push out a light one");
  fairness();
  CASE("equal demand, equal bytes");
  equalShares();
  CASE("a standing queue is drained by CoDel");
  delayStaysShort();
  CASE("whose frames were dropped");
  droppedPairs();
  CASE("bounds and clearing");
  oversized();
  return 0;
}
