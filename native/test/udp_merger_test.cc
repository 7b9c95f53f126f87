// Merged datagrams come apart again as they were; what does not continue another is left alone.
// sources: udp_merger.cc gso.cc frame.cc
#include "../udp_merger.h"

#include <vector>

#include "../bytes.h"
#include "../turn_limiter.h"
#include "check.h"

using namespace vnet;

static constexpr size_t kPrefix = kHeaderBytes + kVnetHeaderBytes;

struct Datagram {
  size_t payload = 18;
  uint16_t port = 7;
  uint8_t content = 0;
  uint16_t id = 0;
  bool mayFragment = false;
  uint8_t firstOctet = 2;  // of the destination
};

/** Writes a message with room for its header; returns the end. */
static uint8_t* write(uint8_t* at, const Datagram& d) {
  memset(at, 0, kPrefix + 42 + d.payload);
  VnetHeader offload;
  offload.flags = VnetHeader::kNeedsChecksum;
  offload.csumStart = 34;
  offload.csumOffset = 6;
  offload.serialise(at + kHeaderBytes);
  uint8_t* frame = at + kPrefix;
  frame[0] = d.firstOctet;
  frame[6] = 2;
  write16(frame + 12, 0x0800);
  uint8_t* ip = frame + 14;
  ip[0] = 0x45;
  write16(ip + 2, static_cast<uint16_t>(28 + d.payload));
  write16(ip + 4, d.id);
  ip[6] = d.mayFragment ? 0 : 0x40;
  ip[8] = 64;
  ip[9] = 17;
  uint16_t sum = checksumFold(checksumAdd(0, ip, 20));
  memcpy(ip + 10, &sum, 2);
  write16(ip + 22, d.port);
  write16(ip + 24, static_cast<uint16_t>(8 + d.payload));
  memset(ip + 28, d.content, d.payload);
  return frame + 42 + d.payload;
}

/** Feeds datagrams as a port does; returns how many frames leave, the first one in `first`. */
static size_t feed(const std::vector<Datagram>& all, std::vector<uint8_t>* first) {
  static uint8_t room[262144];
  UdpMerger merger;
  size_t left = 0;
  auto release = [&] {
    FrameView view = merger.release();
    if (left++ == 0) first->assign(view.vnet, view.frame + view.length);
  };
  uint8_t* at = room;
  for (const Datagram& d : all) {
    size_t length = 42 + d.payload;
    write(at, d);
    FrameView view{at, at + kHeaderBytes, at + kPrefix, length};
    if (!merger.append(view)) {
      if (merger.isHolding()) release();
      merger.hold(view);
    }
    at = merger.end();
  }
  release();
  return left;
}

static void mergesAndSplits() {
  CASE("merged datagrams come apart as they were");
  std::vector<Datagram> all;
  for (uint8_t i = 0; i < 10; i++) all.push_back({.content = i, .id = i});
  all.push_back({.payload = 11, .content = 10, .id = 10});
  std::vector<uint8_t> merged;
  CHECK(feed(all, &merged) == 1);
  uint8_t* frame = merged.data() + kVnetHeaderBytes;
  size_t length = merged.size() - kVnetHeaderBytes;
  VnetHeader offload = VnetHeader::parse(merged.data());
  CHECK(offload.gso() == VnetHeader::kUdp && offload.gsoSize == 18);
  uint64_t bytes = 0;
  CHECK(validVnetHeader(offload, frame, length));
  CHECK(wireFrames(offload, frame, length, &bytes) == 11);
  uint8_t scratch[2048];
  size_t index = 0;
  CHECK(segment(offload, frame, length, scratch, [&](uint8_t* out, size_t outLength) {
    CHECK(outLength == 42 + all[index].payload);
    CHECK(read16(out + 18) == all[index].id);
    CHECK(read16(out + 38) == 8 + all[index].payload);
    CHECK(checksumFold(checksumAdd(0, out + 14, 20)) == 0);
    CHECK(out[42] == index && out[outLength - 1] == index);
    index++;
  }));
  CHECK(index == all.size());
}

static size_t leave(const Datagram& a, const Datagram& b) {
  std::vector<uint8_t> first;
  return feed({a, b}, &first);
}

static void leavesAlone() {
  CASE("what does not continue another is left alone");
  CHECK(leave({}, {}) == 1);
  CHECK(leave({}, {.port = 8}) == 2);
  CHECK(leave({}, {.payload = 19}) == 2);
  CHECK(leave({.payload = 7}, {.payload = 7}) == 2);
  CHECK(leave({.id = 5, .mayFragment = true}, {.id = 9, .mayFragment = true}) == 2);
  CHECK(leave({.id = 5, .mayFragment = true}, {.id = 6, .mayFragment = true}) == 1);
  CHECK(leave({.firstOctet = 3}, {.firstOctet = 3}) == 2);  // a group
  std::vector<uint8_t> first;
  CHECK(feed({{}, {.payload = 9}, {.payload = 9}}, &first) == 2);  // a short one ends it
  CHECK(feed(std::vector<Datagram>(100), &first) == 2);            // at most 64
  CHECK(feed({{}}, &first) == 1 && VnetHeader::parse(first.data()).gso() == VnetHeader::kNone);
}

static void turns() {
  CASE("turns are free until they are many");
  TurnLimiter limiter;
  uint64_t now = 1'000'000'000, waits = 0;
  for (uint64_t i = 0; i < TurnLimiter::kBurst; i++) waits += limiter.take(now);
  CHECK(waits == 0);
  CHECK(limiter.take(now) == TurnLimiter::kIntervalNs);
  for (int i = 0; i < 1000; i++) CHECK(limiter.take(now += 2'000'000) == 0);

  CASE("a turn after a wait for work costs nothing: question and answer are not slowed down");
  for (int i = 0; i < 1000; i++) {
    CHECK(limiter.take(now += 60'000) == 0);
    limiter.waited(TurnLimiter::kIdleNs);
  }
  uint64_t slowed = 0;
  for (int i = 0; i < 1000; i++) {
    slowed += limiter.take(now += 60'000);
    limiter.waited(TurnLimiter::kIdleNs - 1);
  }
  CHECK(slowed > 0);
}

int main() {
  mergesAndSplits();
  leavesAlone();
  turns();
  return 0;
}
