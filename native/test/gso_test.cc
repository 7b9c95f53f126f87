// Super-frames: cutting, checksums, counting, and refusal of every header that lies.
// sources: gso.cc
#include "../gso.h"

#include <random>
#include <vector>

#include "check.h"
#include "super_frame.h"

using namespace vnet;

static void cutAndCompare(const Shape& shape, size_t payload, uint16_t gsoSize) {
  VnetHeader header;
  std::vector<uint8_t> frame = superFrame(shape, payload, gsoSize, &header);
  CHECK(validVnetHeader(header, frame.data(), frame.size()));
  FrameLayout layout;
  CHECK(parseLayout(frame.data(), frame.size(), &layout));
  std::vector<uint8_t> scratch(70000), joined;
  uint32_t count = 0;
  uint64_t bytes = 0;
  uint32_t wantCount = wireFrames(header, frame.data(), frame.size(), &bytes);
  uint64_t wantBytes = bytes;
  bytes = 0;
  bool isOk = segment(header, frame.data(), frame.size(), scratch.data(),
                      [&](uint8_t* part, size_t length) {
                        CHECK(isFrameRight(part, length));
                        CHECK(length <= layout.payload + gsoSize);
                        joined.insert(joined.end(), part + layout.payload, part + length);
                        bool isLast = joined.size() == payload;
                        if (!shape.isUdp) {
                          uint8_t flags = part[layout.l4 + 13];
                          CHECK(((flags & 0x09) != 0) == isLast);
                          CHECK(((flags & 0x80) != 0) == (count == 0));
                        }
                        count++;
                        bytes += length;
                      });
  CHECK(isOk);
  CHECK(joined == std::vector<uint8_t>(frame.begin() + layout.payload, frame.end()));
  CHECK(count == wantCount && bytes == wantBytes);
}

static void partialChecksum() {
  VnetHeader header;
  std::vector<uint8_t> frame = superFrame({false, false, 0}, 100, 1000, &header);
  header.gsoType = VnetHeader::kNone;
  std::vector<uint8_t> scratch(70000), before = frame;
  int emitted = 0;
  CHECK(segment(header, frame.data(), frame.size(), scratch.data(), [&](uint8_t* out, size_t n) {
    CHECK(isFrameRight(out, n));
    emitted++;
  }));
  CHECK(emitted == 1);
  CHECK(frame == before);  // others may get it with the checksum still open
}

static void takers() {
  const Offloads none, tcp{true, false}, all{true, true};
  for (uint8_t type : {VnetHeader::kNone, VnetHeader::kTcp4, VnetHeader::kTcp6, VnetHeader::kUdp}) {
    for (uint8_t ecn : {uint8_t{0}, VnetHeader::kEcn}) {
      VnetHeader header;
      header.gsoType = type | ecn;
      CHECK(!none.take(header));
      CHECK(tcp.take(header) == (type != VnetHeader::kUdp));
      CHECK(all.take(header));
    }
  }
}

static void lies() {
  VnetHeader good;
  std::vector<uint8_t> frame = superFrame({false, false, 0}, 5000, 1448, &good);
  auto isRefused = [&](VnetHeader header) {
    return !validVnetHeader(header, frame.data(), frame.size());
  };
  CHECK(!isRefused(good));
  VnetHeader bad = good;
  bad.gsoSize = 0;
  CHECK(isRefused(bad));
  bad = good;
  bad.gsoType = VnetHeader::kTcp6;
  CHECK(isRefused(bad));
  bad = good;
  bad.gsoType = 77;
  CHECK(isRefused(bad));
  bad = good;
  bad.csumStart = 60000;
  CHECK(isRefused(bad));
  bad = good;
  bad.csumOffset = 0xffff;
  CHECK(isRefused(bad));
  bad = good;
  bad.flags = 0;  // segments without checksums
  CHECK(isRefused(bad));
  bad = good;
  bad.csumStart = 30;
  CHECK(isRefused(bad));
  bad = good;
  bad.hdrLen = static_cast<uint16_t>(frame.size() + 1);
  CHECK(isRefused(bad));
  bad = VnetHeader{};
  CHECK(!isRefused(bad));
  bad.gsoType = VnetHeader::kEcn;  // congestion marks on no segments
  CHECK(isRefused(bad));
  for (size_t n = 0; n < 54; n++) CHECK(!validVnetHeader(good, frame.data(), n));
}

// Random bytes under random headers: whatever is not refused must be cut within bounds.
static void noise() {
  std::mt19937_64 random(1);
  std::vector<uint8_t> scratch(2 * kMessageBytesMax);
  for (int i = 0; i < 200000; i++) {
    VnetHeader header;
    Shape shape{(random() & 1) != 0, (random() & 1) != 0, static_cast<int>(random() % 3)};
    std::vector<uint8_t> frame = superFrame(shape, random() % 3000, 500, &header);
    for (int k = 0; k < 3; k++) frame[random() % frame.size()] = static_cast<uint8_t>(random());
    uint8_t raw[kVnetHeaderBytes];
    header.serialise(raw);
    if (random() & 1) raw[random() % sizeof raw] = static_cast<uint8_t>(random());
    frame.resize(random() % (frame.size() + 1));
    uint64_t bytes = 0;
    VnetHeader parsed = VnetHeader::parse(raw);
    if (validVnetHeader(parsed, frame.data(), frame.size())) {
      wireFrames(parsed, frame.data(), frame.size(), &bytes);
    }
    segment(parsed, frame.data(), frame.size(), scratch.data(),
            [&](uint8_t*, size_t n) { CHECK(n <= kFrameBytesMax); });
  }
}

int main() {
  CASE("segments join to the original, with right checksums, in every shape");
  for (bool isIpv6 : {false, true}) {
    for (bool isUdp : {false, true}) {
      for (int tags : {0, 1, 2}) {
        for (size_t payload : {1, 1447, 1448, 1449, 14480, 60000}) {
          cutAndCompare({isIpv6, isUdp, tags}, payload, 1448);
        }
        cutAndCompare({isIpv6, isUdp, tags}, 3000, 8);
      }
    }
  }
  CASE("a checksum left open is completed in a copy");
  partialChecksum();
  CASE("a receiver is given only what it agreed to");
  takers();
  CASE("headers that lie are refused");
  lies();
  CASE("noise");
  noise();
  return 0;
}
