// Segments joined to super-frames: which are, which are not, and that no byte of the rest changes.
// sources: coalescer.cc gso.cc frame.cc
#include "../coalescer.h"

#include <functional>

#include "messages.h"

using namespace vnet;

/** A shape whose segments may be joined: no flags but ACK. */
static Shape bulk() { return {.tcpFlags = 0x10, .ipFlags = 0x40}; }

/** Nothing was merged, all came in order and unchanged. */
static bool isUntouched(const std::vector<Message>& in) {
  Receiver receiver;
  receiver.isStrict = false;
  receiver.takeAll(in);
  if (receiver.out.size() != in.size()) return false;
  for (size_t i = 0; i < in.size(); i++) {
    Message wanted = in[i];
    memset(wanted.wire.data(), 0, kHeaderBytes);
    CHECK(receiver.out[i].wire == wanted.wire && receiver.out[i].hops == wanted.hops);
  }
  return true;
}

static void fixIp(Message& message) {
  uint8_t* ip = message.frame() + 14;
  write16(ip + 10, 0);
  write16(ip + 10, static_cast<uint16_t>(~sum16(ip, 20, 0)));
}

static bool staysApart(const std::function<void(Message&)>& change) {
  Message first = segmentAt(bulk(), 0, 1000), second = segmentAt(bulk(), 1000, 1000);
  change(second);
  return isUntouched({first, second});
}

/** Changes one byte of the second frame, and IP's checksum with it. */
static bool staysApartAt(size_t offset, uint8_t bits) {
  return staysApart([&](Message& second) {
    second.frame()[offset] ^= bits;
    fixIp(second);
  });
}

static void differences() {
  CHECK(!staysApart([](Message&) {}));
  CHECK(staysApart([](Message& second) { second.hops = 1; }));
  CHECK(staysApart([](Message& second) { second = segmentAt(bulk(), 1001, 1000); }));
  CHECK(staysApart([](Message& second) { second = segmentAt(bulk(), 1000, 1001); }));
  CHECK(staysApart([](Message& second) { second.frame()[14 + 10] ^= 1; }));  // IP's checksum
  CHECK(staysApart([](Message& second) {
    VnetHeader header = second.header();
    header.flags = 0;
    second.setHeader(header);
  }));
  CHECK(staysApart([](Message& second) {  // padding
    second = segmentAt(bulk(), 1000, 900);
    second.wire.push_back(0);
  }));
  CHECK(staysApart([](Message& second) {
    VnetHeader header = second.header();
    header.csumOffset = 6;
    second.setHeader(header);
  }));
  CHECK(staysApart([](Message& second) { second = segmentAt(bulk(), 1000, 0); }));
  size_t l3 = 14, l4 = 34;
  CHECK(staysApartAt(0, 4) && staysApartAt(6, 4));                        // MAC addresses
  CHECK(staysApartAt(l3 + 1, 3) && staysApartAt(l3 + 8, 1));              // ECN, time to live
  CHECK(staysApartAt(l3 + 6, 0x40));                                      // do not fragment
  CHECK(staysApartAt(l3 + 12, 1) && staysApartAt(l3 + 16, 1));            // addresses
  CHECK(staysApartAt(l4, 1) && staysApartAt(l4 + 2, 1));                  // ports
  CHECK(staysApartAt(l4 + 8, 1) && staysApartAt(l4 + 14, 1));             // acknowledgement, window
  CHECK(staysApartAt(l4 + 20, 1) && staysApartAt(l4 + 31, 1));            // options
  for (uint8_t flag : {0x02, 0x04, 0x20, 0x40, 0x80}) CHECK(staysApartAt(l4 + 13, flag));
  CHECK(staysApartAt(l4 + 13, 0x10));
}

static void differencesOfIpv6() {
  Shape shape = bulk();
  shape.isIpv6 = true;
  auto staysApartAt = [&](size_t offset) {
    Message second = segmentAt(shape, 1000, 1000);
    if (offset > 0) second.frame()[offset] ^= 1;
    return isUntouched({segmentAt(shape, 0, 1000), second});
  };
  CHECK(!staysApartAt(0));
  // Traffic class, flow label, length, hop limit, addresses.
  for (size_t offset : {1, 2, 3, 5, 7, 8, 23, 24, 39}) CHECK(staysApartAt(14 + offset));
}

/** Two frames that only what they both are keeps apart. */
static void unfit() {
  for (uint8_t flags : {0x12, 0x14, 0x30, 0x00}) {  // SYN, RST, URG; no ACK
    Shape shape = bulk();
    shape.tcpFlags = flags;
    CHECK(isUntouched({segmentAt(shape, 0, 1000), segmentAt(shape, 1000, 1000)}));
  }
  Message lie = superMessage(bulk(), 3000, 1000);
  VnetHeader header = lie.header();
  for (uint8_t type : {VnetHeader::kTcp6, VnetHeader::kUdp, uint8_t{77}}) {
    header.gsoType = type;
    lie.setHeader(header);
    Shape next = bulk();
    next.sequence += 3000;
    Message second = superMessage(next, 3000, 1000);
    second.setHeader(header);
    CHECK(isUntouched({lie, second}));
  }
  Shape udp{.isUdp = true};
  Message datagram = segmentAt(udp, 0, 1000);
  header = datagram.header();
  header.csumOffset = 16;
  datagram.setHeader(header);
  datagram.frame()[34 + 13] = 0x10;  // would be ACK, were it TCP
  Message next = datagram;
  uint8_t* sequence = next.frame() + 34 + 4;
  write32(sequence, read32(sequence) + 1000);
  CHECK(isUntouched({datagram, next}));
}

static void alone() {
  Shape shape = bulk();
  Message odd = segmentAt(shape, 0, 1000);  // as nobody here would make it
  VnetHeader header = odd.header();
  header.flags |= 2;
  header.hdrLen = 77;
  odd.setHeader(header);
  CHECK(isUntouched({odd}));
  CHECK(isUntouched({segmentAt(shape, 0, 0), segmentAt(shape, 0, 0)}));  // only acknowledging
  CHECK(isUntouched({segmentAt(shape, 0, 7), segmentAt(shape, 7, 7)}));
  Shape pushed = shape;
  pushed.tcpFlags = 0x18;
  CHECK(isUntouched({segmentAt(pushed, 0, 1000), segmentAt(shape, 1000, 1000)}));
  Shape udp{.isUdp = true};
  CHECK(isUntouched({segmentAt(udp, 0, 1000), segmentAt(udp, 0, 1000)}));
  CHECK(isUntouched({superMessage(udp, 3000, 1000), superMessage(udp, 3000, 1000)}));
  // An id that counts must count on.
  Shape fragmentable{.tcpFlags = 0x10};
  CHECK(isUntouched({segmentAt(fragmentable, 0, 1000), segmentAt(fragmentable, 1000, 1000)}));
  Message plain = segmentAt(shape, 1000, 1000);
  plain.isOffloaded = false;
  plain.wire.erase(plain.wire.begin(), plain.wire.begin() + kVnetHeaderBytes);
  CHECK(isUntouched({segmentAt(shape, 0, 1000), plain, segmentAt(shape, 2000, 1000)}));
  Message broken = segmentAt(shape, 1000, 1000);
  broken.wire.resize(kPrefix + 30);
  broken.setHeader({});
  CHECK(isUntouched({segmentAt(shape, 0, 1000), broken, segmentAt(shape, 1000, 1000)}));
}

static void ends() {
  // A push leaves at once, with what it ends; so does a shorter segment.
  for (bool isPush : {true, false}) {
    Receiver receiver;
    Shape shape = bulk(), last = bulk();
    if (isPush) last.tcpFlags |= 0x08;
    receiver.take(segmentAt(shape, 0, 1000));
    receiver.take(segmentAt(shape, 1000, 1000));
    CHECK(receiver.out.empty());
    receiver.take(segmentAt(last, 2000, isPush ? 1000 : 999));
    CHECK(receiver.out.size() == 1);
    receiver.take(segmentAt(shape, isPush ? 3000 : 2999, 1000));
    receiver.coalescer.flush();
    CHECK(receiver.out.size() == 2);
    receiver.coalescer.flush();
    CHECK(receiver.out.size() == 2);
  }
}

static void bounds() {
  for (size_t more : {0, 1}) {  // 65,535 bytes of IP packet, and one more
    size_t second = 65535 - 52 - 40000 + more;
    Receiver pair;
    pair.takeAll({segmentAt(bulk(), 0, 40000), segmentAt(bulk(), 40000, second)});
    CHECK(pair.out.size() == 1 + more);
  }
  Receiver receiver;
  Shape shape = bulk();
  std::vector<Message> segments;
  for (uint32_t i = 0; i < 200; i++) {
    shape.id = static_cast<uint16_t>(i);
    segments.push_back(segmentAt(shape, i * 1400, 1400));
  }
  receiver.takeAll(segments);
  CHECK(receiver.out.size() == 5);  // 46 segments and their headers in each, the rest in the last
  for (Message& message : receiver.out) {
    CHECK(message.length() <= 14 + 65535);
    CHECK(read16(message.frame() + 16) == message.length() - 14);
  }
  CHECK(onTheWire(receiver.out) == onTheWire(segments));
}

static void superFrames() {
  Receiver receiver;
  std::vector<Message> in;
  Shape shape{.tcpFlags = 0x10, .id = 5};
  in.push_back(superMessage(shape, 3000, 1000));
  shape.id = 8;
  in.push_back(segmentAt(shape, 3000, 1000));
  shape.id = 9;
  shape.sequence += 4000;
  in.push_back(superMessage(shape, 3000, 1000));
  shape.id = 12;
  shape.sequence += 3000;
  in.push_back(superMessage(shape, 2500, 1000));
  shape.id = 15;
  shape.sequence += 2500;
  in.push_back(superMessage(shape, 3000, 1000));
  shape.id = 18;
  shape.sequence += 3000;
  in.push_back(superMessage(shape, 3000, 999));
  receiver.takeAll(in);
  CHECK(receiver.out.size() == 3);
  CHECK(receiver.out[0].header().gsoSize == 1000 && receiver.out[0].payload().size() == 9500);
  CHECK(onTheWire(receiver.out) == onTheWire(in));
}

int main() {
  CASE("segments that differ stay apart");
  differences();
  differencesOfIpv6();
  CASE("what must not be joined is not");
  unfit();
  CASE("what is alone leaves as it came");
  alone();
  CASE("ends leave at once");
  ends();
  CASE("64 KB at most");
  bounds();
  CASE("super-frames are joined too");
  superFrames();
  return 0;
}
