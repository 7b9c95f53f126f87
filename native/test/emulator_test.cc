// Emulated WAN links by themselves: the timing of a pipe, and the text of the commands.
// sources: emulator/pipe.cc emulator/settings.cc
#include "../emulator/pipe.h"

#include <cmath>
#include <string>
#include <vector>

#include "../emulator/settings.h"
#include "check.h"

using namespace vnet::emulator;

static constexpr uint64_t kMs = 1'000'000;
static constexpr uint64_t kSecond = 1'000 * kMs;
static constexpr uint64_t kStart = 5 * kSecond;

static std::vector<uint8_t> packet(uint32_t size, uint32_t number) {
  std::vector<uint8_t> bytes(size, static_cast<uint8_t>(number));
  for (int i = 0; i < 4; i++) bytes[i] = static_cast<uint8_t>(number >> (8 * i));
  return bytes;
}

static uint32_t numberOf(const PacketView& view) {
  return view.bytes[0] | view.bytes[1] << 8 | view.bytes[2] << 16 |
         static_cast<uint32_t>(view.bytes[3]) << 24;
}

static Pushed push(Pipe& pipe, uint32_t size, uint32_t number, uint64_t now) {
  auto bytes = packet(size, number);
  return pipe.push(bytes.data(), size, now);
}

static Pipe pipeOf(const PipeSettings& settings, uint64_t seed = 7) {
  Pipe pipe(seed);
  pipe.configure(settings, kStart);
  return pipe;
}

static void testDelay() {
  CASE("delay");
  PipeSettings settings;
  settings.delayNs = 25 * kMs;
  Pipe pipe = pipeOf(settings);
  CHECK(pipe.nextNs() == kNever);
  CHECK(push(pipe, 100, 1, kStart) == Pushed::queued);
  CHECK(pipe.nextNs() == kStart + 25 * kMs);
  CHECK(pipe.front(kStart + 25 * kMs - 1).bytes == nullptr);
  PacketView view = pipe.front(kStart + 25 * kMs);
  CHECK(view.size == 100 && numberOf(view) == 1);
  pipe.pop(kStart + 25 * kMs + 10);
  CHECK(pipe.nextNs() == kNever && pipe.counters().lateNs == 10);
}

/** Steady input faster than the rate, at uneven moments: what comes out is the rate. */
static void testRate() {
  CASE("rate");
  for (uint64_t rate : {3'000'000ull, 200'000'000ull, 777'777'777ull}) {
    PipeSettings settings;
    settings.rateBitsPerSecond = rate;
    Pipe pipe = pipeOf(settings);
    uint64_t now = kStart, bytes = 0;
    Chance chance(1);
    uint32_t number = 0;
    while (now < kStart + 10 * kSecond) {
      for (int i = 0; i < 4; i++) push(pipe, 60 + chance.next() % 1454, number++, now);
      while (pipe.front(now).bytes != nullptr) {
        bytes += pipe.front(now).size;
        pipe.pop(now);
      }
      now += chance.next() % (5'000'000'000'000 / rate);
    }
    double share = bytes * 8 / 10.0 / rate;
    CHECK(std::abs(share - 1) < 0.002);
    CHECK(pipe.counters().droppedPackets > 0);
  }
}

/** Frames that take a few ns each: what is less than a nanosecond counts too. */
static void testFastRate() {
  CASE("fast rate");
  PipeSettings settings;
  settings.rateBitsPerSecond = 90'000'000'000;
  settings.queueNs = kSecond;
  Pipe pipe = pipeOf(settings);
  for (uint32_t i = 0; i < 90'000; i++) CHECK(push(pipe, 60, i, kStart) == Pushed::queued);
  CHECK(pipe.backlogNs(kStart) == 480'000);
}

static void testQueue() {
  CASE("queue");
  PipeSettings settings;
  settings.rateBitsPerSecond = 8'000'000;  // 1000 bytes a ms
  settings.queueNs = 10 * kMs;
  Pipe pipe = pipeOf(settings);
  for (uint32_t i = 0; i < 10; i++) CHECK(push(pipe, 1000, i, kStart) == Pushed::queued);
  CHECK(push(pipe, 1000, 10, kStart) == Pushed::dropped);
  CHECK(push(pipe, 1000, 10, kStart + kMs) == Pushed::queued);
  CHECK(pipe.backlogNs(kStart + kMs) == 10 * kMs);
  settings.queueNs = 0;
  settings.queueBytes = 3000;
  Pipe small = pipeOf(settings);
  for (uint32_t i = 0; i < 3; i++) CHECK(push(small, 1000, i, kStart) == Pushed::queued);
  CHECK(push(small, 1000, 3, kStart) == Pushed::dropped);
  settings.queueBytes = 10;  // smaller than a packet: one still goes when the wire is free
  Pipe none = pipeOf(settings);
  CHECK(push(none, 1000, 0, kStart) == Pushed::queued);
  CHECK(push(none, 1000, 1, kStart) == Pushed::dropped);
  CHECK(push(none, 1000, 2, kStart + kMs) == Pushed::queued);
  settings.queueBytes = 0;  // the default: 64 KiB, as 50 ms would be less
  Pipe usual = pipeOf(settings);
  uint32_t taken = 0;
  while (push(usual, 1024, taken, kStart) == Pushed::queued) taken++;
  CHECK(taken == 64);
}

static void testLoss() {
  CASE("loss, even and in bursts");
  for (double burst : {1.0, 4.0}) {
    for (double loss : {0.01, 0.2}) {
      PipeSettings settings;
      settings.lossShare = loss;
      settings.lossBurst = burst;
      Pipe pipe = pipeOf(settings);
      int lost = 0, bursts = 0;
      bool wasLost = false;
      const int count = 400'000;
      for (int i = 0; i < count; i++) {
        bool isLost = push(pipe, 64, 0, kStart) == Pushed::lost;
        lost += isLost;
        bursts += isLost && !wasLost;
        wasLost = isLost;
        if (!isLost) pipe.pop(kStart);
      }
      double share = static_cast<double>(lost) / count;
      double length = static_cast<double>(lost) / bursts;
      CHECK(std::abs(share / loss - 1) < 0.1);
      CHECK(std::abs(length / (burst > 1 ? burst : 1 / (1 - loss)) - 1) < 0.1);
      CHECK(pipe.counters().lostPackets == static_cast<uint64_t>(lost));
    }
  }
  PipeSettings all;
  all.lossShare = 1;
  all.lossBurst = 5;
  Pipe pipe = pipeOf(all);
  for (int i = 0; i < 100; i++) CHECK(push(pipe, 64, 0, kStart) == Pushed::lost);
}

static void testSeed() {
  CASE("seed");
  PipeSettings settings;
  settings.lossShare = 0.3;
  Pipe first = pipeOf(settings, 1), again = pipeOf(settings, 1), other = pipeOf(settings, 2);
  int different = 0;
  for (int i = 0; i < 1000; i++) {
    Pushed outcome = push(first, 64, 0, kStart);
    CHECK(push(again, 64, 0, kStart) == outcome);
    different += push(other, 64, 0, kStart) != outcome;
  }
  CHECK(different > 100);
}

/** Jitter stays in its bounds, spreads, has the delay as its mean, and keeps the order. */
static void testJitter(uint64_t gapNs) {
  PipeSettings settings;
  settings.delayNs = 20 * kMs;
  settings.jitterNs = 5 * kMs;
  Pipe pipe = pipeOf(settings);
  double sum = 0, squares = 0;
  uint64_t now = kStart, last = 0;
  const int count = 100'000;
  for (int i = 0; i < count; i++, now += gapNs) {
    CHECK(push(pipe, 64, i, now) == Pushed::queued);
    uint64_t due = pipe.nextNs();
    CHECK(due >= last && due >= now + 15 * kMs && due <= now + 25 * kMs);
    CHECK(last == 0 || gapNs > kMs || due - last <= 2 * gapNs);  // no leaps
    CHECK(numberOf(pipe.front(due)) == static_cast<uint32_t>(i));
    pipe.pop(due);
    last = due;
    double off = (static_cast<double>(due - now) - 20.0 * kMs) / kMs;
    sum += off;
    squares += off * off;
  }
  CHECK(std::abs(sum / count) < 0.3);
  CHECK(squares / count > 4 && squares / count < 10);  // 25 / 3 for even draws, 2 / 3 of it between
}

static void testCut() {
  CASE("cut");
  PipeSettings settings;
  settings.delayNs = 10 * kMs;
  Pipe pipe = pipeOf(settings);
  push(pipe, 64, 1, kStart);
  pipe.setUp(false, kStart + kMs);
  CHECK(pipe.nextNs() == kNever && pipe.heldBytes() == 0);
  CHECK(push(pipe, 64, 2, kStart + 2 * kMs) == Pushed::cut);
  CHECK(pipe.counters().cutPackets == 2);
  pipe.setUp(true, kStart + 3 * kMs);
  CHECK(push(pipe, 64, 3, kStart + 3 * kMs) == Pushed::queued);
  CHECK(pipe.nextNs() == kStart + 13 * kMs);
}

static void testChange() {
  CASE("change while packets wait");
  PipeSettings settings;
  settings.rateBitsPerSecond = 8'000'000;
  settings.queueNs = kSecond;
  Pipe pipe = pipeOf(settings);
  for (uint32_t i = 0; i < 10; i++) push(pipe, 1000, i, kStart);
  settings.rateBitsPerSecond = 80'000'000;
  pipe.configure(settings, kStart + 5 * kMs);  // five are through, five take 0.1 ms each
  uint64_t due = 0;
  for (uint32_t i = 0; i < 10; i++) {
    due = pipe.nextNs();
    CHECK(numberOf(pipe.front(due)) == i);
    pipe.pop(due);
  }
  CHECK(due == kStart + 5 * kMs + kMs / 2);
  push(pipe, 1000, 0, kStart + 10 * kMs);
  settings.rateBitsPerSecond = 0;
  settings.delayNs = kMs;
  pipe.configure(settings, kStart + 10 * kMs);
  CHECK(pipe.nextNs() == kStart + 11 * kMs);
  settings.delayNs = 0;  // a packet on the shorter way does not overtake the one before
  pipe.configure(settings, kStart + 10 * kMs);
  push(pipe, 1000, 1, kStart + 10 * kMs);
  pipe.pop(kStart + 11 * kMs);
  CHECK(pipe.nextNs() == kStart + 11 * kMs);
}

/** The ring wraps and grows: every packet comes out whole and in order. */
static void testRing() {
  CASE("ring");
  PipeSettings settings;
  Pipe pipe = pipeOf(settings);
  Chance chance(3);
  uint32_t in = 0, out = 0;
  for (int round = 0; round < 3000; round++) {
    for (uint64_t n = chance.next() % 80; n > 0; n--) {
      CHECK(push(pipe, 14 + chance.next() % 9000, in, kStart) == Pushed::queued);
      in++;
    }
    for (uint64_t n = chance.next() % 90; n > 0 && out < in; n--, out++) {
      PacketView view = pipe.front(kStart);
      CHECK(numberOf(view) == out);
      for (uint32_t i = 4; i < view.size; i++) CHECK(view.bytes[i] == static_cast<uint8_t>(out));
      pipe.pop(kStart);
    }
  }
  CHECK(in > 100'000 && pipe.heldPackets() == in - out);
  while (pipe.front(kStart).bytes != nullptr) pipe.pop(kStart);
  CHECK(pipe.heldBytes() == 0 && pipe.nextNs() == kNever);
  settings.delayNs = kSecond;  // and it has an end
  Pipe full = pipeOf(settings);
  size_t held = 0;
  while (push(full, 65000, 0, kStart) == Pushed::queued) held += 65000;
  CHECK(held > kPipeBytesMax - 2 * 65000 && held <= kPipeBytesMax);
  CHECK(full.counters().droppedPackets == 1);
}

static std::string read(const std::string& line, bool isNew, LinkSettings* settings) {
  return readSettings(splitWords(line), 0, isNew, settings);
}

static void testSettings() {
  CASE("settings");
  LinkSettings link;
  CHECK(read("delay-ba=3ms a=/run/netns/x:w0 b=self:w1 rate=200mbit delay=25ms jitter=1ms "
             "loss=0.1% queue=64kib burst=3 rate-ab=1.5gbit mtu=9000 # a remark",
             true, &link) == "");
  CHECK(link.ends[0].netns == "/run/netns/x" && link.ends[0].device == "w0");
  CHECK(link.ends[1].netns.empty() && link.ends[1].device == "w1" && link.mtu == 9000);
  CHECK(link.pipes[0].rateBitsPerSecond == 1'500'000'000);
  CHECK(link.pipes[1].rateBitsPerSecond == 200'000'000);
  CHECK(link.pipes[0].delayNs == 25 * kMs && link.pipes[1].delayNs == 3 * kMs);
  CHECK(link.pipes[0].jitterNs == kMs && std::abs(link.pipes[0].lossShare - 0.001) < 1e-12);
  CHECK(link.pipes[0].queueBytes == 65536 && link.pipes[0].lossBurst == 3);
  CHECK(read("loss=1e-7%", false, &link) == "" && link.pipes[0].lossShare > 0);
  CHECK(read("queue=20ms loss=0", false, &link) == "");
  CHECK(link.pipes[1].queueNs == 20 * kMs && link.pipes[1].queueBytes == 0);
  CHECK(link.pipes[1].lossShare == 0 && link.pipes[1].rateBitsPerSecond == 200'000'000);
  for (const char* bad :
       {"rate", "rate=", "rate=5", "rate=mbit", "rate=-1mbit", "rate=1e9mbit", "rate=101gbit",
        "rate=nan", "rate=infmbit", "loss=1e-5", "delay=1e3", "delay=61s",
        "loss=0.1", "loss=101%", "burst=0.5",
        "queue=5parsec", "speed=1", "rate-ac=1mbit", "jitter=30ms", "a=self:q", "mtu=1500", "=",
        "-ab=1"}) {
    LinkSettings copy = link;
    CHECK(!read(bad, false, &copy).empty());
  }
  for (const char* bad :
       {"", "a=self:x", "a=self:x b=self", "a=self:x b=self:", "a=self:x b=:y",
        "a=self:x b=self:sixteen-letters-", "a=self:x b=self:y%d", "a=self:x b=self:y mtu=0",
        "a=self:x b=self:y mtu=99999999999", "a=self:x b=self:y mtu=1500x"}) {
    LinkSettings fresh;
    CHECK(!read(bad, true, &fresh).empty());
  }
  CHECK(isLinkName("alpha-beta.1") && !isLinkName("") && !isLinkName("a\"b"));
}

int main() {
  testDelay();
  testRate();
  testFastRate();
  testQueue();
  testLoss();
  testSeed();
  CASE("jitter");
  for (uint64_t gapNs : {kMs / 10, 3 * kMs, 15 * kMs, 100 * kMs}) testJitter(gapNs);
  testCut();
  testChange();
  testRing();
  testSettings();
}
