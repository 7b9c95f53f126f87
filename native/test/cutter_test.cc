// Pieces of frames for datagrams: each a segment by the book, as large as room and guest allow.
// sources: cutter.cc gso.cc frame.cc
#include "../cutter.h"

#include <random>

#include "super_frame.h"

using namespace vnet;

static constexpr size_t kPrefix = kHeaderBytes + kVnetHeaderBytes;
static constexpr uint8_t kHops = 3;

struct Cut {
  Shape shape;
  Bytes frame;
  VnetHeader header;
  FrameLayout layout;
  size_t payload;
};

static Cut makeCut(const Shape& shape, size_t payload, uint16_t gsoSize) {
  Cut cut;
  cut.shape = shape;
  cut.payload = payload;
  cut.frame = superFrame(shape, payload, gsoSize, &cut.header);
  CHECK(parseLayout(cut.frame.data(), cut.frame.size(), &cut.layout));
  return cut;
}

static Shape randomShape(std::mt19937_64& random) {
  Shape shape;
  shape.isIpv6 = random() % 2;
  shape.isUdp = random() % 4 == 0;
  shape.vlanTags = static_cast<int>(random() % 3);
  shape.ipOptionBytes = random() % 3 == 0 ? random() % 11 * 4 : 0;
  shape.tcpOptionBytes = random() % 11 * 4;
  shape.tcpFlags = 0x10 | static_cast<uint8_t>(random() & 0xd9);
  shape.id = static_cast<uint16_t>(random());
  shape.ipFlags = random() % 2 ? 0x40 : 0;
  shape.sequence = static_cast<uint32_t>(random());
  return shape;
}

static Bytes joined(const Piece& piece) {
  Bytes message(piece.head, piece.head + piece.headLength);
  message.insert(message.end(), piece.body, piece.body + piece.bodyLength);
  return message;
}

/** The message's header, the virtio-net header, and where the frame begins. */
static void checkPrefix(const Cut& cut, const Bytes& message) {
  MessageHeader header;
  CHECK(parseHeader(message.data(), message.size(), &header) == ParseResult::ok);
  CHECK(header.type == MessageType::offloadedFrame && header.hops == kHops);
  CHECK(header.length == message.size() - kHeaderBytes);
  VnetHeader offload = VnetHeader::parse(message.data() + kHeaderBytes);
  CHECK(offload.flags == VnetHeader::kNeedsChecksum && offload.gsoType == VnetHeader::kNone);
  CHECK(offload.hdrLen == 0 && offload.gsoSize == 0);
  CHECK(offload.csumStart == cut.layout.l4 && offload.csumOffset == cut.header.csumOffset);
  CHECK(validVnetHeader(offload, message.data() + kPrefix, message.size() - kPrefix));
}

/** What a segment's headers should be, written into those of the super-frame field by field. */
static void checkSegment(const Cut& cut, const Bytes& message, size_t offset, uint32_t index) {
  Bytes frame(message.begin() + kPrefix, message.end());
  const FrameLayout& layout = cut.layout;
  size_t bytes = frame.size() - layout.payload, l4Bytes = frame.size() - layout.l4;
  Bytes wanted(cut.frame.begin(), cut.frame.begin() + layout.payload);
  uint8_t* ip = &wanted[layout.l3];
  uint8_t* l4 = &wanted[layout.l4];
  if (layout.isIpv6) {
    write16(ip + 4, static_cast<uint16_t>(l4Bytes));
  } else {
    write16(ip + 2, static_cast<uint16_t>(frame.size() - layout.l3));
    write16(ip + 4, static_cast<uint16_t>(cut.shape.id + index));
    write16(ip + 10, 0);
    size_t headerBytes = static_cast<size_t>(layout.l4 - layout.l3);
    write16(ip + 10, static_cast<uint16_t>(~sum16(ip, headerBytes, 0)));
  }
  if (cut.shape.isUdp) {
    write16(l4 + 4, static_cast<uint16_t>(l4Bytes));
  } else {
    write32(l4 + 4, cut.shape.sequence + static_cast<uint32_t>(offset));
    if (offset + bytes < cut.payload) l4[13] &= 0xf6;
    if (offset > 0) l4[13] &= 0x7f;
  }
  uint16_t open = static_cast<uint16_t>(pseudoSum(wanted.data(), layout, l4Bytes));
  write16(l4 + cut.header.csumOffset, open);
  auto payload = cut.frame.begin() + static_cast<ptrdiff_t>(layout.payload + offset);
  wanted.insert(wanted.end(), payload, payload + static_cast<ptrdiff_t>(bytes));
  CHECK(frame == wanted);
  completeChecksum(VnetHeader::parse(&message[kHeaderBytes]), frame.data(), frame.size());
  CHECK(isFrameRight(frame.data(), frame.size()));
}

/** Cuts it and checks every piece; returns how many there were. */
static uint32_t checkPieces(const Cut& cut, size_t room, size_t wantedStep) {
  Cutter cutter(cut.header, cut.frame.data(), cut.frame.size(), room, kHops);
  CHECK(cutter.isValid());
  CHECK(cutter.pieceBytes() == kPrefix + cut.layout.payload + wantedStep);
  size_t offset = 0;
  uint32_t index = 0;
  Piece piece;
  while (cutter.next(&piece)) {
    CHECK(piece.length() <= room);
    CHECK(piece.body == cut.frame.data() + cut.layout.payload + offset);
    bool isLast = offset + piece.bodyLength == cut.payload;
    CHECK(isLast || piece.length() == cutter.pieceBytes());
    Bytes message = joined(piece);
    checkPrefix(cut, message);
    checkSegment(cut, message, offset, index++);
    offset += piece.bodyLength;
  }
  CHECK(offset == cut.payload && !cutter.next(&piece));
  return index;
}

static void randomFrames() {
  std::mt19937_64 random(7);
  for (int i = 0; i < 3000; i++) {
    uint16_t gsoSize = static_cast<uint16_t>(8 + random() % 2000);
    size_t most = random() % 8 == 0 ? 64000 : 6000;
    Cut cut = makeCut(randomShape(random), random() % most, gsoSize);
    size_t head = kPrefix + cut.layout.payload, room = 1100 + random() % 800;
    size_t wanted = std::min<size_t>(gsoSize, cut.payload), step = std::min(wanted, room - head);
    if (cut.shape.isUdp && step < wanted) {
      CHECK(!Cutter(cut.header, cut.frame.data(), cut.frame.size(), room, kHops).isValid());
      continue;
    }
    size_t count = step == 0 ? 1 : (cut.payload + step - 1) / step;
    CHECK(checkPieces(cut, room, step) == std::max<size_t>(count, 1));
  }
}

static void sizes() {
  Cut cut = makeCut({}, 64240, 1448);
  size_t head = kPrefix + cut.layout.payload;
  CHECK(checkPieces(cut, head + 1448, 1448) == 45);  // the guest's own segments
  CHECK(checkPieces(cut, head + 9000, 1448) == 45);  // never larger
  CHECK(checkPieces(cut, head + 1447, 1447) == 45);
  CHECK(checkPieces(cut, head + 1300, 1300) == 50);
  CHECK(checkPieces(cut, head + 64, 64) == 1004);
  Cut small = makeCut({}, 10, 1448);
  CHECK(checkPieces(small, head + 10, 10) == 1);
  Cut empty = makeCut({}, 0, 1448);
  CHECK(checkPieces(empty, head, 0) == 1);
}

static void plainFrames() {
  Cut cut = makeCut({}, 1448, 1448);
  cut.header.gsoType = VnetHeader::kNone;
  cut.header.gsoSize = 0;
  CHECK(checkPieces(cut, 2000, 1448) == 1);
  CHECK(checkPieces(cut, 1000 + kPrefix + cut.layout.payload, 1000) == 2);
}

static bool isRefused(const Cut& cut, size_t room = 1300) {
  return !Cutter(cut.header, cut.frame.data(), cut.frame.size(), room, kHops).isValid();
}

static void refusals() {
  Cut good = makeCut({}, 5000, 1448);
  size_t head = kPrefix + good.layout.payload;
  CHECK(!isRefused(good));
  for (uint8_t flag : {0x02, 0x04, 0x20}) {  // SYN, RST, URG
    Cut bad = good;
    bad.frame[bad.layout.l4 + 13] |= flag;
    CHECK(isRefused(bad));
  }
  for (size_t room : {size_t{0}, head - 1, head, head + 63}) CHECK(isRefused(good, room));
  Cut bad = good;
  bad.header.flags = 0;
  CHECK(isRefused(bad));
  bad.header.gsoType = VnetHeader::kNone;  // a plain frame with complete checksum
  CHECK(isRefused(bad));
  bad = good;
  bad.header.gsoType = VnetHeader::kNone;
  CHECK(!isRefused(bad));
  bad.header.csumOffset = 6;
  CHECK(isRefused(bad));
  bad.header.csumOffset = 16;
  bad.frame.resize(bad.frame.size() + 1);  // padding must not become payload
  CHECK(isRefused(bad));
  bad = good;
  bad.frame.resize(40);
  CHECK(isRefused(bad));
  Cut udp = makeCut({.isUdp = true}, 5000, 1448);
  CHECK(!isRefused(udp, 18 + 42 + 1448));
  CHECK(isRefused(udp, 18 + 42 + 1447));  // datagrams are the guest's
  udp.header.gsoType = VnetHeader::kNone;
  CHECK(isRefused(udp, 9000));
  // A header between IPv6 and TCP.
  Cut extended = makeCut({.isIpv6 = true}, 5000, 1448);
  uint8_t option[8] = {6, 0, 1, 4};
  extended.frame[14 + 6] = 60;
  extended.frame.insert(extended.frame.begin() + 54, option, option + 8);
  extended.header.csumStart += 8;
  CHECK(validVnetHeader(extended.header, extended.frame.data(), extended.frame.size()));
  CHECK(isRefused(extended));
}

int main() {
  CASE("each piece of random super-frames is a segment by the book");
  randomFrames();
  CASE("as large as room and guest allow");
  sizes();
  CASE("plain frames with open checksum");
  plainFrames();
  CASE("what cannot be cut is refused");
  refusals();
  return 0;
}
