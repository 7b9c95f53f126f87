// The codec of messages and prefaces: round trip, every limit, every reserved bit; on the
// stream and in datagrams.
// sources: frame.cc
#include "../frame.h"

#include <vector>

#include "check.h"

using namespace vnet;

static ParseResult parseWith(MessageType type, uint32_t length) {
  uint8_t bytes[kHeaderBytes];
  writeHeader(bytes, type, 0, length);
  MessageHeader out;
  return parseHeader(bytes, sizeof bytes, &out);
}

static ParseResult parseInDatagram(MessageType type, uint32_t length, size_t available) {
  std::vector<uint8_t> bytes(kHeaderBytes);
  writeHeader(bytes.data(), type, 2, length);
  bytes.resize(available);
  MessageHeader out;
  ParseResult result = parseDatagramHeader(bytes.data(), bytes.size(), &out);
  CHECK(result != ParseResult::ok || (out.type == type && out.hops == 2 && out.length == length));
  return result;
}

static void datagrams() {
  CASE("in a datagram only frames and what serves datagrams are known");
  for (int type = 0; type < 256; type++) {
    bool isKnown = type == 1 || type == 2 || (type >= 7 && type <= 11);
    ParseResult result = parseInDatagram(static_cast<MessageType>(type), 16, kHeaderBytes + 16);
    CHECK(result == (isKnown ? ParseResult::ok : ParseResult::badType));
  }

  CASE("in a datagram a message is whole or cut short");
  for (size_t available = 0; available < kHeaderBytes + 60; available++) {
    CHECK(parseInDatagram(MessageType::frame, 60, available) == ParseResult::needMore);
  }
  CHECK(parseInDatagram(MessageType::frame, 60, kHeaderBytes + 60) == ParseResult::ok);
  CHECK(parseInDatagram(MessageType::frame, 60, kHeaderBytes + 61) == ParseResult::ok);

  CASE("in a datagram lengths are bounded by type");
  struct {
    MessageType type;
    uint32_t min, max;
  } bounds[] = {{MessageType::frame, 0, kFrameBytesMax},
                {MessageType::offloadedFrame, 0, kFrameBytesMax + 10},
                {MessageType::fragment, 9, 65535},
                {MessageType::probe, 16, 65535},
                {MessageType::probeAnswer, 16, 16},
                {MessageType::resendRequest, 10, 65535},
                {MessageType::repaired, 8, 65535}};
  for (auto& one : bounds) {
    CHECK(parseInDatagram(one.type, one.min, 70000) == ParseResult::ok);
    CHECK(parseInDatagram(one.type, one.max, 70000) == ParseResult::ok);
    CHECK(parseInDatagram(one.type, one.max + 1, 70000) == ParseResult::tooLong);
    if (one.min == 0) continue;
    CHECK(parseInDatagram(one.type, one.min - 1, 70000) == ParseResult::badLength);
  }
}

int main() {
  CASE("a header survives the round trip");
  uint8_t bytes[kHeaderBytes];
  writeHeader(bytes, MessageType::offloadedFrame, 3, 65000);
  MessageHeader out;
  CHECK(parseHeader(bytes, sizeof bytes, &out) == ParseResult::ok);
  CHECK(out.type == MessageType::offloadedFrame && out.hops == 3 && out.length == 65000);

  CASE("an incomplete header waits");
  for (size_t n = 0; n < kHeaderBytes; n++) {
    CHECK(parseHeader(bytes, n, &out) == ParseResult::needMore);
  }

  CASE("unknown types and reserved flags are refused");
  for (int type = 0; type < 256; type++) {
    bytes[0] = static_cast<uint8_t>(type);
    bool isKnown = type >= 1 && type <= 3;
    if (type == 12) continue;              // of a bounded length, below
    if (type >= 4 && type <= 6) continue;  // of a fixed length, below
    CHECK((parseHeader(bytes, sizeof bytes, &out) == ParseResult::ok) == isKnown);
  }
  bytes[0] = 1;
  bytes[3] = 1;
  CHECK(parseHeader(bytes, sizeof bytes, &out) == ParseResult::badFlags);

  CASE("lengths are bounded by type");
  CHECK(parseWith(MessageType::frame, kFrameBytesMax) == ParseResult::ok);
  CHECK(parseWith(MessageType::frame, kFrameBytesMax + 1) == ParseResult::tooLong);
  CHECK(parseWith(MessageType::offloadedFrame, kFrameBytesMax + 10) == ParseResult::ok);
  CHECK(parseWith(MessageType::offloadedFrame, kFrameBytesMax + 11) == ParseResult::tooLong);
  CHECK(parseWith(MessageType::control, kControlBytesMax) == ParseResult::ok);
  CHECK(parseWith(MessageType::control, kControlBytesMax + 1) == ParseResult::tooLong);
  CHECK(parseWith(MessageType::ping, 8) == ParseResult::ok);
  CHECK(parseWith(MessageType::pong, 7) == ParseResult::badLength);
  CHECK(parseWith(MessageType::ping, 0xffffffff) == ParseResult::tooLong);
  CHECK(parseWith(MessageType::padding, kPaddingBytesMax) == ParseResult::ok);
  CHECK(parseWith(MessageType::padding, 0) == ParseResult::ok);
  CHECK(parseWith(MessageType::padding, kPaddingBytesMax + 1) == ParseResult::tooLong);
  CHECK(parseWith(MessageType::datagramOffer, 8) == ParseResult::ok);
  CHECK(parseWith(MessageType::datagramOffer, 7) == ParseResult::badLength);
  CHECK(parseWith(MessageType::datagramOffer, 9) == ParseResult::tooLong);

  CASE("a preface survives the round trip; anything else is refused");
  uint8_t preface[kPrefaceBytes];
  writePreface(preface, {1, 7, kFeatureOffload});
  Preface parsed;
  CHECK(parsePreface(preface, &parsed));
  CHECK(parsed.major == 1 && parsed.minor == 7 && parsed.features == kFeatureOffload);
  preface[3] = 'X';
  CHECK(!parsePreface(preface, &parsed));
  datagrams();
  return 0;
}
