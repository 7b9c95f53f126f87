// Cutter and coalescer together: the guest's wire must carry the same bytes as without them.
// sources: coalescer.cc cutter.cc gso.cc frame.cc
#include <random>

#include "../coalescer.h"
#include "../cutter.h"
#include "messages.h"

using namespace vnet;

static std::vector<Message> cut(Message& whole, size_t room) {
  Cutter cutter(whole.header(), whole.frame(), whole.length(), room, 0);
  CHECK(cutter.isValid());
  std::vector<Message> pieces;
  Piece piece;
  while (cutter.next(&piece)) {
    Message message{Bytes(piece.head, piece.head + piece.headLength)};
    message.wire.insert(message.wire.end(), piece.body, piece.body + piece.bodyLength);
    pieces.push_back(std::move(message));
  }
  return pieces;
}

static void roundTrip() {
  std::mt19937_64 random(11);
  for (int i = 0; i < 2000; i++) {
    Shape shape{.isIpv6 = random() % 2 == 0, .vlanTags = static_cast<int>(random() % 3)};
    shape.ipOptionBytes = random() % 3 == 0 ? random() % 11 * 4 : 0;
    shape.tcpOptionBytes = random() % 11 * 4;
    shape.tcpFlags = 0x10 | static_cast<uint8_t>(random() & 0xc9);
    shape.id = static_cast<uint16_t>(random());
    shape.sequence = static_cast<uint32_t>(random());
    uint16_t gsoSize = static_cast<uint16_t>(200 + random() % 1300);
    Message whole = superMessage(shape, gsoSize + 1 + random() % 60000, gsoSize);
    std::vector<Message> pieces = cut(whole, 700 + random() % 900);
    CHECK(pieces.size() > 1);
    Receiver receiver;
    receiver.takeAll(pieces);
    CHECK(receiver.out.size() == 1);
    VnetHeader header = whole.header();
    header.gsoSize = static_cast<uint16_t>(pieces[0].payload().size());
    CHECK(header.gsoSize <= gsoSize);
    whole.setHeader(header);
    CHECK(receiver.out[0].wire == whole.wire);
    CHECK(onTheWire(receiver.out) == onTheWire(pieces));
  }
}

static void losses() {
  for (bool isIpv6 : {false, true}) {
    Shape shape{.isIpv6 = isIpv6, .tcpFlags = 0x18};
    Message whole = superMessage(shape, 20000, 1448);
    Bytes payload = whole.payload();
    std::vector<Message> pieces = cut(whole, 1300);
    for (size_t lost = 0; lost < pieces.size(); lost++) {
      std::vector<Message> rest = pieces;
      rest.erase(rest.begin() + static_cast<ptrdiff_t>(lost));
      Receiver receiver;
      receiver.takeAll(rest);
      bool isAtEdge = lost == 0 || lost + 1 == pieces.size();
      CHECK(receiver.out.size() == (isAtEdge ? 1 : 2));
      for (Message& part : receiver.out) {
        uint32_t offset = read32(part.frame() + part.layout().l4 + 4) - shape.sequence;
        Bytes seen = part.payload();
        CHECK(std::equal(seen.begin(), seen.end(), payload.begin() + offset));
      }
      std::vector<Bytes> frames = onTheWire(receiver.out);
      CHECK(frames == onTheWire(rest));
      for (const Bytes& frame : frames) CHECK(isFrameRight(frame.data(), frame.size()));
    }
  }
}

/** Many flows, losses and ends at random: what reaches the wire stays the same, and in order. */
static void randomStreams() {
  std::mt19937_64 random(13);
  for (int round = 0; round < 300; round++) {
    Shape shapes[3];
    uint32_t offsets[3] = {};
    std::vector<Message> in;
    for (int i = 0; i < 3; i++) {
      shapes[i] = {.isIpv6 = i == 2, .vlanTags = i, .tcpFlags = 0x10};
      shapes[i].sequence = static_cast<uint32_t>(random());
    }
    size_t flow = 0;
    for (int i = 0; i < 120; i++) {
      if (random() % 8 == 0) flow = random() % 3;
      Shape shape = shapes[flow];
      if (random() % 16 == 0) shape.tcpFlags |= static_cast<uint8_t>(random() & 0xc9);
      size_t payload = random() % 10 == 0 ? random() % 1400 : 1400;
      bool isSuper = random() % 10 == 0 && payload > 0;
      if (isSuper) payload *= 1 + random() % 4;
      Message message = segmentAt(shape, offsets[flow], payload);
      if (isSuper) {
        VnetHeader header = message.header();
        header.gsoType = shape.isIpv6 ? VnetHeader::kTcp6 : VnetHeader::kTcp4;
        header.gsoSize = 1400;
        message.setHeader(header);
      }
      size_t units = isSuper ? (payload + 1399) / 1400 : 1;
      offsets[flow] += static_cast<uint32_t>(payload);
      shapes[flow].id = static_cast<uint16_t>(shapes[flow].id + units);
      if (random() % 20 != 0) in.push_back(message);
    }
    Receiver receiver;
    receiver.takeAll(in);
    CHECK(receiver.out.size() < in.size());
    CHECK(onTheWire(receiver.out) == onTheWire(in));
  }
}

int main() {
  CASE("cut and joined again: the original, but for the size of segments");
  roundTrip();
  CASE("a lost piece leaves two super-frames with the right payloads");
  losses();
  CASE("random streams");
  randomStreams();
  return 0;
}
