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
// The datagrams beside the stream (datagram.h) hold whole messages of the same form. Each place has
// its types: control, keepalive and the datagram offer go on the stream only; fragments, probes and
// what repairs losses in datagrams only; frames in both.
//
// Every byte is checked before use. A bad header ends the link (the stream cannot be trusted any
// more), or the rest of its datagram is dropped; a bad Ethernet frame inside a good header is a
// counted drop.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common.h"

namespace vnet {

constexpr size_t kHeaderBytes = 8;
constexpr size_t kPrefaceBytes = 16;
constexpr size_t kVnetHeaderBytes = 10;
constexpr size_t kPingBytes = 8;
constexpr size_t kDatagramOfferBytes = 8;
constexpr size_t kFragmentHeaderBytes = 8;
constexpr size_t kProbeBytes = 16;
constexpr size_t kResendRangeBytes = 10;
constexpr size_t kRepairedCounterBytes = 8;
constexpr uint8_t kProtocolMajor = 1;
constexpr uint8_t kProtocolMinor = 0;
constexpr uint16_t kFeatureOffload = 1;
constexpr uint16_t kFeatureDatagrams = 2;
constexpr uint16_t kFeaturePadding = 4;
constexpr uint32_t kPaddingBytesMax = 16384 - kHeaderBytes;
/** The largest message with its header. */
constexpr size_t kMessageBytesMax = kHeaderBytes + kVnetHeaderBytes + kFrameBytesMax;

enum class MessageType : uint8_t {
  frame = 1,
  offloadedFrame = 2,
  control = 3,
  ping = 4,
  pong = 5,
  datagramOffer = 6,   // this end can take datagrams
  fragment = 7,        // a piece of a message that is too long for one datagram (fragment.h)
  probe = 8,           // whether a datagram of this size passes, and how fast
  probeAnswer = 9,
  resendRequest = 10,  // counters of datagrams that did not arrive
  repaired = 11,       // such a datagram again: its counter and its messages
  padding = 12,        // nothing, to find out what the path carries (link_probe.cc)
};

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

/**
 * The same for a message in a datagram, of which `available` bytes are left. ok means that all of
 * the payload is there; needMore that the message is cut short, and what is left must be dropped.
 */
ParseResult parseDatagramHeader(const uint8_t* bytes, size_t available, MessageHeader* out);

void writeHeader(uint8_t* bytes, MessageType type, uint8_t hops, uint32_t length);

/** Of a whole message of this program's own making, its header included. */
size_t messageLength(const uint8_t* wire);

struct Preface {
  uint8_t major;
  uint8_t minor;
  uint16_t features;
};

void writePreface(uint8_t* bytes, const Preface& preface);
/** False: not VNET at the other end. */
bool parsePreface(const uint8_t* bytes, Preface* out);

}  // namespace vnet
