// Fuzzes what a link receives after TLS: a preface, then messages. Whatever the bytes are, nothing
// outside of them is read, an accepted header lies within the limits and writes back to the same
// bytes, and a header cut short asks for more instead of guessing.
// sources: frame.cc gso.cc
#include "fuzz.h"

#include "../frame.h"
#include "../gso.h"
#include "check.h"

using namespace vnet;

static void checkPreface(const uint8_t* bytes) {
  Preface preface;
  if (!parsePreface(bytes, &preface)) return;
  uint8_t again[kPrefaceBytes];
  writePreface(again, preface);
  CHECK(memcmp(again, bytes, 8) == 0);
}

static void checkHeader(const uint8_t* bytes, const MessageHeader& header) {
  CHECK(header.length + kHeaderBytes <= kMessageBytesMax);
  CHECK(header.type != MessageType::control || header.length <= kControlBytesMax);
  uint8_t again[kHeaderBytes];
  writeHeader(again, header.type, header.hops, header.length);
  CHECK(memcmp(again, bytes, kHeaderBytes) == 0);
  for (size_t part = 0; part < kHeaderBytes; part++) {
    MessageHeader cut;
    CHECK(parseHeader(bytes, part, &cut) == ParseResult::needMore);
  }
  // The others go in datagrams.
  CHECK(header.type <= MessageType::datagramOffer || header.type == MessageType::padding);
}

/** A copy in an allocation of just its size, so that one byte too far is seen. */
static void checkOffloaded(const uint8_t* payload, size_t length) {
  if (length < kVnetHeaderBytes) return;
  Bytes frame(payload + kVnetHeaderBytes, payload + length);
  VnetHeader offload = VnetHeader::parse(payload);
  uint8_t again[kVnetHeaderBytes];
  offload.serialise(again);
  CHECK(memcmp(again, payload, kVnetHeaderBytes) == 0);
  if (!validVnetHeader(offload, frame.data(), frame.size())) return;
  uint64_t wireBytes = 0;
  CHECK(wireFrames(offload, frame.data(), frame.size(), &wireBytes) >= 1);
  CHECK(wireBytes >= frame.size());
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes stream(data, data + size);
  size_t at = 0;
  if (size >= kPrefaceBytes) {
    checkPreface(stream.data());
    at = kPrefaceBytes;
  }
  for (;;) {
    MessageHeader header;
    ParseResult result = parseHeader(stream.data() + at, size - at, &header);
    if (result == ParseResult::needMore) break;
    if (result != ParseResult::ok) {
      CHECK(parseResultText(result)[0] != 0);
      break;
    }
    checkHeader(stream.data() + at, header);
    if (size - at < kHeaderBytes + header.length) break;
    if (header.type == MessageType::offloadedFrame) {
      checkOffloaded(stream.data() + at + kHeaderBytes, header.length);
    }
    at += kHeaderBytes + header.length;
  }
  return 0;
}

static void append(Bytes& stream, MessageType type, uint8_t hops, const Bytes& payload) {
  uint8_t header[kHeaderBytes];
  writeHeader(header, type, hops, static_cast<uint32_t>(payload.size()));
  stream.insert(stream.end(), header, header + kHeaderBytes);
  stream.insert(stream.end(), payload.begin(), payload.end());
}

std::vector<Bytes> fuzzSeeds() {
  Bytes stream(kPrefaceBytes);
  writePreface(stream.data(), {kProtocolMajor, kProtocolMinor, kFeatureOffload});
  append(stream, MessageType::ping, 0, Bytes(kPingBytes, 7));
  append(stream, MessageType::frame, 1, Bytes(60, 2));
  append(stream, MessageType::control, 0, Bytes(20, 3));
  Bytes offloaded(kVnetHeaderBytes + 74);
  offloaded[0] = 1;                              // needs checksum
  offloaded[1] = VnetHeader::kTcp4;
  offloaded[4] = 8;                              // gsoSize
  offloaded[6] = 34;                             // csumStart
  offloaded[8] = 16;                             // csumOffset
  uint8_t* frame = offloaded.data() + kVnetHeaderBytes;
  frame[12] = 8;
  frame[14] = 0x45;
  frame[23] = 6;
  frame[46] = 0x50;
  append(stream, MessageType::offloadedFrame, 1, offloaded);
  append(stream, MessageType::pong, 0, Bytes(kPingBytes, 7));
  append(stream, MessageType::datagramOffer, 0, Bytes(kDatagramOfferBytes, 9));
  append(stream, MessageType::padding, 0, Bytes(100));
  return {stream, Bytes(stream.begin(), stream.begin() + 50), Bytes(30, 1)};
}
