// What travels on a link after the TLS handshake. First a preface each way:
//
//   0      4       5       6          8         16
//   | VNET | major | minor | features | 0 ... 0 |
//
// then messages, each with a header of 8 bytes and numbers in network order:
//
//   0      1      2       4        8
//   | type | hops | flags | length | payload of `length` bytes
//
// Every byte is checked before use. A bad header ends the link (the stream cannot be trusted any
// more); a bad Ethernet frame inside a good header is a counted drop.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common.h"

namespace vnet {

constexpr size_t kHeaderBytes = 8;
constexpr size_t kPrefaceBytes = 16;
constexpr size_t kVnetHeaderBytes = 10;
constexpr size_t kPingBytes = 8;
constexpr uint8_t kProtocolMajor = 1;
constexpr uint8_t kProtocolMinor = 0;
constexpr uint16_t kFeatureOffload = 1;
/** The largest message with its header. */
constexpr size_t kMessageBytesMax = kHeaderBytes + kVnetHeaderBytes + kFrameBytesMax;

enum class MessageType : uint8_t { frame = 1, offloadedFrame = 2, control = 3, ping = 4, pong = 5 };

struct MessageHeader {
  MessageType type;
  uint8_t hops;
  uint32_t length;
};

enum class ParseResult { ok, needMore, badType, badFlags, tooLong, badLength };

/** In words, for logs; the result must not be ok or needMore. */
const char* parseResultText(ParseResult result);

/** Reads a header of `available` bytes; the payload need not be there yet. */
ParseResult parseHeader(const uint8_t* bytes, size_t available, MessageHeader* out);

void writeHeader(uint8_t* bytes, MessageType type, uint8_t hops, uint32_t length);

struct Preface {
  uint8_t major;
  uint8_t minor;
  uint16_t features;
};

void writePreface(uint8_t* bytes, const Preface& preface);
/** False: not VNET at the other end. */
bool parsePreface(const uint8_t* bytes, Preface* out);

}  // namespace vnet
