// Super-frames: cutting, checksums, counting, and refusal of every header that lies.
// sources: gso.cc
#include "../gso.h"

#include <random>
#include <vector>

#include "check.h"

using namespace vnet;

struct Shape {
  bool isIpv6;
  bool isUdp;
  int vlanTags;
};

static void put16(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

/** A super-frame as a guest's kernel makes it: pseudo header sum in the checksum field. */
static std::vector<uint8_t> superFrame(const Shape& shape, size_t payload, uint16_t gsoSize,
                                       VnetHeader* header) {
  size_t l3 = 14 + 4 * static_cast<size_t>(shape.vlanTags);
  size_t l4 = l3 + (shape.isIpv6 ? 40 : 20);
  size_t data = l4 + (shape.isUdp ? 8 : 32);
  std::vector<uint8_t> frame(data + payload);
  frame[0] = frame[6] = 2;
  size_t type = 12;
  for (int i = 0; i < shape.vlanTags; i++, type += 4) put16(&frame[type], i == 0 ? 0x88a8 : 0x8100);
  if (shape.vlanTags == 1) put16(&frame[12], 0x8100);
  put16(&frame[type], shape.isIpv6 ? 0x86dd : 0x0800);
  uint8_t* ip = &frame[l3];
  uint8_t protocol = shape.isUdp ? 17 : 6;
  size_t l4Length = frame.size() - l4;
  if (shape.isIpv6) {
    ip[0] = 0x60;
    put16(ip + 4, static_cast<uint32_t>(l4Length));
    ip[6] = protocol;
    ip[8] = 0xfd;
    ip[24] = 0xfd;
    ip[39] = 9;
  } else {
    ip[0] = 0x45;
    put16(ip + 2, static_cast<uint32_t>(frame.size() - l3));
    put16(ip + 4, 0xfffe);  // wraps within a few segments
    ip[8] = 64;
    ip[9] = protocol;
    ip[12] = ip[16] = 10;
    ip[19] = 9;
  }
  uint8_t* l4Bytes = &frame[l4];
  put16(l4Bytes, 1234);
  put16(l4Bytes + 2, 80);
  if (shape.isUdp) {
    put16(l4Bytes + 4, static_cast<uint32_t>(l4Length));
  } else {
    l4Bytes[4] = 0xff;
    l4Bytes[5] = 0xff;
    l4Bytes[6] = 0xff;
    l4Bytes[12] = 0x80;
    l4Bytes[13] = 0x99;  // CWR, ACK, PSH, FIN
  }
  for (size_t i = 0; i < payload; i++) frame[data + i] = static_cast<uint8_t>(i * 7 + i / 251);
  header->flags = VnetHeader::kNeedsChecksum;
  header->gsoType = shape.isUdp ? VnetHeader::kUdp
                                : (shape.isIpv6 ? VnetHeader::kTcp6 : VnetHeader::kTcp4);
  header->gsoSize = gsoSize;
  header->csumStart = static_cast<uint16_t>(l4);
  header->csumOffset = shape.isUdp ? 6 : 16;
  return frame;
}

/** The receiver's view: the sum over pseudo header and segment must come out as 0. */
static bool isChecksumRight(const uint8_t* frame, size_t length) {
  FrameLayout layout;
  CHECK(parseLayout(frame, length, &layout));
  const uint8_t* ip = frame + layout.l3;
  size_t l4Length = length - layout.l4;
  uint8_t tail[8] = {};
  put16(tail + 2, static_cast<uint32_t>(l4Length));
  tail[7] = layout.protocol;
  uint64_t sum = layout.isIpv6 ? checksumAdd(0, ip + 8, 32) : checksumAdd(0, ip + 12, 8);
  sum = checksumAdd(checksumAdd(sum, tail, 8), frame + layout.l4, l4Length);
  bool isIpRight = layout.isIpv6 || checksumFold(checksumAdd(0, ip, 20)) == 0;
  return isIpRight && checksumFold(sum) == 0;
}

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
                        CHECK(isChecksumRight(part, length));
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
  // What the kernel leaves in the field: the pseudo header's sum, not inverted.
  const uint8_t* ip = &frame[14];
  uint8_t tail[8] = {0, 0, 0, 0, 0, 0, 0, 6};
  put16(tail + 2, static_cast<uint32_t>(frame.size() - 34));
  uint16_t pseudo = static_cast<uint16_t>(
      ~checksumFold(checksumAdd(checksumAdd(0, ip + 12, 8), tail, 8)));
  memcpy(&frame[34 + 16], &pseudo, 2);
  ip = nullptr;
  uint16_t zero = 0;
  memcpy(&frame[24], &zero, 2);
  uint16_t ipSum = checksumFold(checksumAdd(0, &frame[14], 20));
  memcpy(&frame[24], &ipSum, 2);
  std::vector<uint8_t> scratch(70000), before = frame;
  int emitted = 0;
  CHECK(segment(header, frame.data(), frame.size(), scratch.data(), [&](uint8_t* out, size_t n) {
    CHECK(isChecksumRight(out, n));
    emitted++;
  }));
  CHECK(emitted == 1);
  CHECK(frame == before);  // others may get it with the checksum still open
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
  CASE("headers that lie are refused");
  lies();
  CASE("noise");
  noise();
  return 0;
}
