// Encode beside parse of everything in frame.h.
#include "frame.h"

namespace vnet {

constexpr uint32_t bitOf(MessageType type) { return 1u << static_cast<uint8_t>(type); }

constexpr uint32_t kFrameTypes = bitOf(MessageType::frame) | bitOf(MessageType::offloadedFrame);
constexpr uint32_t kStreamTypes = kFrameTypes | bitOf(MessageType::control) |
                                  bitOf(MessageType::ping) | bitOf(MessageType::pong) |
                                  bitOf(MessageType::datagramOffer) |
                                  bitOf(MessageType::padding);
constexpr uint32_t kDatagramTypes = kFrameTypes | bitOf(MessageType::fragment) |
                                    bitOf(MessageType::probe) | bitOf(MessageType::probeAnswer) |
                                    bitOf(MessageType::resendRequest) |
                                    bitOf(MessageType::repaired);

struct LengthBounds {
  uint32_t min;
  uint32_t max;
};

static LengthBounds lengthBounds(MessageType type) {
  constexpr uint32_t kInDatagramMax = 65535;  // what holds the message sets the real bound
  switch (type) {
    case MessageType::frame:
      return {0, kFrameBytesMax};
    case MessageType::offloadedFrame:
      return {0, kFrameBytesMax + kVnetHeaderBytes};
    case MessageType::control:
      return {0, kControlBytesMax};
    case MessageType::ping:
    case MessageType::pong:
      return {kPingBytes, kPingBytes};
    case MessageType::datagramOffer:
      return {kDatagramOfferBytes, kDatagramOfferBytes};
    case MessageType::fragment:
      return {kFragmentHeaderBytes + 1, kInDatagramMax};
    case MessageType::probe:
      return {kProbeBytes, kInDatagramMax};
    case MessageType::probeAnswer:
      return {kProbeBytes, kProbeBytes};
    case MessageType::resendRequest:
      return {kResendRangeBytes, kInDatagramMax};
    case MessageType::repaired:
      return {kRepairedCounterBytes, kInDatagramMax};
    case MessageType::padding:
      return {0, kPaddingBytesMax};
  }
  return {0, 0};
}

static ParseResult parseAs(uint32_t types, const uint8_t* bytes, size_t available,
                           MessageHeader* out) {
  if (available < kHeaderBytes) return ParseResult::needMore;
  if (bytes[0] > 31 || (types & 1u << bytes[0]) == 0) return ParseResult::badType;
  if (bytes[2] != 0 || bytes[3] != 0) return ParseResult::badFlags;
  out->type = static_cast<MessageType>(bytes[0]);
  out->hops = bytes[1];
  out->length = static_cast<uint32_t>(bytes[4]) << 24 | static_cast<uint32_t>(bytes[5]) << 16 |
                static_cast<uint32_t>(bytes[6]) << 8 | bytes[7];
  LengthBounds bounds = lengthBounds(out->type);
  if (out->length > bounds.max) return ParseResult::tooLong;
  if (out->length < bounds.min) return ParseResult::badLength;
  return ParseResult::ok;
}

ParseResult parseHeader(const uint8_t* bytes, size_t available, MessageHeader* out) {
  return parseAs(kStreamTypes, bytes, available, out);
}

ParseResult parseDatagramHeader(const uint8_t* bytes, size_t available, MessageHeader* out) {
  ParseResult result = parseAs(kDatagramTypes, bytes, available, out);
  if (result != ParseResult::ok) return result;
  return out->length <= available - kHeaderBytes ? ParseResult::ok : ParseResult::needMore;
}

const char* parseResultText(ParseResult result) {
  switch (result) {
    case ParseResult::badType:
      return "unknown message type";
    case ParseResult::badFlags:
      return "reserved flags are set";
    case ParseResult::tooLong:
      return "message longer than its type allows";
    case ParseResult::badLength:
      return "message of a wrong length";
    default:
      return "no error";
  }
}

size_t messageLength(const uint8_t* wire) {
  MessageHeader header{};
  parseHeader(wire, kHeaderBytes, &header);
  return kHeaderBytes + header.length;
}

void writeHeader(uint8_t* bytes, MessageType type, uint8_t hops, uint32_t length) {
  bytes[0] = static_cast<uint8_t>(type);
  bytes[1] = hops;
  bytes[2] = bytes[3] = 0;
  bytes[4] = static_cast<uint8_t>(length >> 24);
  bytes[5] = static_cast<uint8_t>(length >> 16);
  bytes[6] = static_cast<uint8_t>(length >> 8);
  bytes[7] = static_cast<uint8_t>(length);
}

void writePreface(uint8_t* bytes, const Preface& preface) {
  memset(bytes, 0, kPrefaceBytes);
  memcpy(bytes, "VNET", 4);
  bytes[4] = preface.major;
  bytes[5] = preface.minor;
  bytes[6] = static_cast<uint8_t>(preface.features >> 8);
  bytes[7] = static_cast<uint8_t>(preface.features);
}

bool parsePreface(const uint8_t* bytes, Preface* out) {
  if (memcmp(bytes, "VNET", 4) != 0) return false;
  out->major = bytes[4];
  out->minor = bytes[5];
  out->features = static_cast<uint16_t>(bytes[6] << 8 | bytes[7]);
  return true;
}

}  // namespace vnet
