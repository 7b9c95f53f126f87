// Fuzzes cutting and joining: 10 bytes of virtio-net header, 2 of room, then the frame. Pieces must
// fit the room, be right segments, and carry all payload once, in order; joined again they must put
// the same bytes on the guest's wire. Whatever the frame, the coalescer must pass it on.
// sources: cutter.cc coalescer.cc gso.cc frame.cc
#include "fuzz.h"

#include "../cutter.h"
#include "check.h"
#include "messages.h"

using namespace vnet;

/** A header that fits the frame, as a kernel would give it: reaches what random bytes cannot. */
static VnetHeader fitting(VnetHeader header, const FrameLayout& layout) {
  bool isUdp = layout.protocol == 17;
  header.flags |= VnetHeader::kNeedsChecksum;
  uint8_t tcp = layout.isIpv6 ? VnetHeader::kTcp6 : VnetHeader::kTcp4;
  if (header.gsoType & 1) header.gsoType = isUdp ? VnetHeader::kUdp : tcp;
  header.csumStart = layout.l4;
  header.csumOffset = isUdp ? 6 : 16;
  return header;
}

/** The pieces of a frame, each checked; none: it may not be cut. */
static std::vector<Message> cut(const VnetHeader& header, const Bytes& frame, size_t room) {
  std::vector<Message> pieces;
  Cutter cutter(header, frame.data(), frame.size(), room, 1);
  Piece piece;
  Bytes payload;
  while (cutter.next(&piece)) {
    CHECK(piece.length() <= room && piece.length() <= cutter.pieceBytes());
    CHECK(pieces.empty() || pieces.back().wire.size() == cutter.pieceBytes());
    payload.insert(payload.end(), piece.body, piece.body + piece.bodyLength);
    Message message{Bytes(piece.head, piece.head + piece.headLength), true, 1};
    message.wire.insert(message.wire.end(), piece.body, piece.body + piece.bodyLength);
    Bytes completed(message.frame(), message.frame() + message.length());
    completeChecksum(message.header(), completed.data(), completed.size());
    CHECK(isFrameRight(completed.data(), completed.size()));
    pieces.push_back(std::move(message));
  }
  CHECK(cutter.isValid() != pieces.empty());
  if (pieces.empty()) return pieces;
  size_t headBytes = frame.size() - payload.size();
  CHECK(headBytes == pieces[0].layout().payload);
  CHECK(payload == Bytes(frame.begin() + static_cast<ptrdiff_t>(headBytes), frame.end()));
  return pieces;
}

static void joinAgain(std::vector<Message> pieces) {
  Receiver receiver;
  receiver.takeAll(pieces);
  CHECK(receiver.out.size() <= pieces.size());
  CHECK(onTheWire(receiver.out) == onTheWire(pieces));
}

/** Foreign bytes between good segments: all payload leaves, in order. */
static void mix(const std::vector<Message>& pieces, const Message& foreign) {
  Receiver receiver;
  std::vector<Message> in;
  for (const Message& piece : pieces) {
    in.push_back(piece);
    if (in.size() == 2) in.push_back(foreign);
  }
  in.push_back(foreign);
  in.push_back(foreign);
  receiver.takeAll(in);
  size_t before = 0, after = 0;
  for (const Bytes& frame : onTheWire(in)) before += frame.size();
  for (const Bytes& frame : onTheWire(receiver.out)) after += frame.size();
  CHECK(before == after);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 12 || size > 12 + kFrameBytesMax) return 0;
  VnetHeader header = VnetHeader::parse(data);
  size_t room = read16(data + 10);
  Bytes frame(data + 12, data + size);
  joinAgain(cut(header, frame, room));
  FrameLayout layout;
  if (!parseLayout(frame.data(), frame.size(), &layout)) return 0;
  header = fitting(header, layout);
  std::vector<Message> pieces = cut(header, frame, room);
  joinAgain(pieces);
  if (validVnetHeader(header, frame.data(), frame.size())) mix(pieces, messageOf(header, frame));
  return 0;
}

std::vector<Bytes> fuzzSeeds() {
  std::vector<Bytes> seeds;
  for (int i = 0; i < 24; i++) {
    Shape shape{.isIpv6 = i % 2 == 1, .isUdp = i % 6 == 5, .vlanTags = i / 4 % 3};
    shape.ipOptionBytes = i % 4 == 0 ? 8 : 0;
    shape.tcpFlags = i < 12 ? 0x10 : 0x99;
    VnetHeader header;
    Bytes frame = superFrame(shape, 1000, i < 18 ? 100 : 300, &header), bytes(12);
    header.serialise(bytes.data());
    write16(bytes.data() + 10, static_cast<uint16_t>(i % 3 == 0 ? 200 : 600));
    bytes.insert(bytes.end(), frame.begin(), frame.end());
    seeds.push_back(bytes);
  }
  return seeds;
}
