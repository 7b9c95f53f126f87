// Fuzzes the cutting of super-frames: 10 bytes of virtio-net header, then the frame. What is
// accepted must come out as the frames that were announced: the count and bytes of wireFrames, each
// with right checksums and lengths, no larger than the scratch, and all payload once, in order.
// sources: gso.cc
#include "fuzz.h"

#include "../gso.h"
#include "check.h"
#include "super_frame.h"

using namespace vnet;

/** A header that fits the frame, as a kernel would give it: reaches what random bytes cannot. */
static VnetHeader fitting(VnetHeader header, const FrameLayout& layout) {
  bool isUdp = layout.protocol == 17;
  header.flags |= VnetHeader::kNeedsChecksum;
  header.gsoType = isUdp ? VnetHeader::kUdp : layout.isIpv6 ? VnetHeader::kTcp6 : VnetHeader::kTcp4;
  header.csumStart = layout.l4;
  header.csumOffset = isUdp ? 6 : 16;
  return header;
}

static void cut(const VnetHeader& header, const uint8_t* bytes, size_t length) {
  Bytes frame(bytes, bytes + length);
  FrameLayout layout;
  bool isParsed = parseLayout(frame.data(), length, &layout);
  if (!validVnetHeader(header, frame.data(), length)) {
    Bytes scratch(kFrameBytesMax);
    CHECK(!segment(header, frame.data(), length, scratch.data(), [](uint8_t*, size_t) {
      CHECK(false);
    }));
    return;
  }
  uint64_t wireBytes = 0, seenBytes = 0;
  uint32_t count = wireFrames(header, frame.data(), length, &wireBytes), seen = 0;
  size_t room = header.isSuperFrame() ? size_t{layout.payload} + header.gsoSize : length;
  uint32_t sequence = isParsed && layout.protocol == 6 ? read32(&frame[layout.l4 + 4]) : 0;
  Bytes scratch(room), payload;
  bool isCut = segment(header, frame.data(), length, scratch.data(), [&](uint8_t* out, size_t n) {
    seen++;
    seenBytes += n;
    if (!header.isSuperFrame()) return;
    CHECK(n <= room);
    CHECK(isFrameRight(out, n));
    uint32_t advance = layout.protocol == 6 ? read32(out + layout.l4 + 4) - sequence : 0;
    CHECK(layout.protocol != 6 || advance == payload.size());
    payload.insert(payload.end(), out + layout.payload, out + n);
  });
  CHECK(isCut && seen == count && seenBytes == wireBytes);
  if (!header.isSuperFrame()) return;
  CHECK(isParsed);
  CHECK(payload == Bytes(bytes + layout.payload, bytes + length));
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 10 || size > 10 + kFrameBytesMax) return 0;
  VnetHeader header = VnetHeader::parse(data);
  Bytes frame(data + 10, data + size);
  cut(header, frame.data(), frame.size());
  FrameLayout layout;
  if (!parseLayout(frame.data(), frame.size(), &layout)) return 0;
  cut(fitting(header, layout), frame.data(), frame.size());
  return 0;
}

static Bytes seed(bool isIpv6, bool isUdp, int tags, bool hasExtension) {
  Bytes bytes(10);
  bytes[4] = 100;  // gsoSize
  Bytes frame(12, 2);
  for (int i = 0; i < tags; i++) frame.insert(frame.end(), {0x81, 0, 0, 5});
  frame.insert(frame.end(), {static_cast<uint8_t>(isIpv6 ? 0x86 : 8),
                             static_cast<uint8_t>(isIpv6 ? 0xdd : 0)});
  size_t l3 = frame.size();
  uint8_t protocol = isUdp ? 17 : 6;
  frame.resize(l3 + (isIpv6 ? 40 : 20));
  frame[l3] = isIpv6 ? 0x60 : 0x45;
  frame[l3 + (isIpv6 ? 6 : 9)] = isIpv6 && hasExtension ? 60 : protocol;
  if (isIpv6 && hasExtension) {
    frame.insert(frame.end(), {protocol, 0, 1, 4, 0, 0, 0, 0});
  }
  size_t l4 = frame.size();
  frame.resize(l4 + (isUdp ? 8 : 20));
  if (!isUdp) {
    frame[l4 + 12] = 0x50;
    frame[l4 + 13] = 0x99;
  }
  for (int i = 0; i < 1000; i++) frame.push_back(static_cast<uint8_t>(i));
  bytes.insert(bytes.end(), frame.begin(), frame.end());
  return bytes;
}

std::vector<Bytes> fuzzSeeds() {
  std::vector<Bytes> seeds;
  for (int i = 0; i < 24; i++) seeds.push_back(seed(i & 1, i & 2, i / 4 % 3, i >= 12));
  return seeds;
}
