// The codec of messages and prefaces: round trip, every limit, every reserved bit.
// sources: frame.cc
#include "../frame.h"

#include "check.h"

using namespace vnet;

static ParseResult parseWith(MessageType type, uint32_t length) {
  uint8_t bytes[kHeaderBytes];
  writeHeader(bytes, type, 0, length);
  MessageHeader out;
  return parseHeader(bytes, sizeof bytes, &out);
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
    if (type == 4 || type == 5) continue;  // of a fixed length, below
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

  CASE("a preface survives the round trip; anything else is refused");
  uint8_t preface[kPrefaceBytes];
  writePreface(preface, {1, 7, kFeatureOffload});
  Preface parsed;
  CHECK(parsePreface(preface, &parsed));
  CHECK(parsed.major == 1 && parsed.minor == 7 && parsed.features == kFeatureOffload);
  preface[3] = 'X';
  CHECK(!parsePreface(preface, &parsed));
  return 0;
}
