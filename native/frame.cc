// Encode beside parse of everything in frame.h.
#include "frame.h"

namespace vnet {

static uint32_t lengthMax(MessageType type) {
  switch (type) {
    case MessageType::frame:
      return kFrameBytesMax;
    case MessageType::offloadedFrame:
      return kFrameBytesMax + kVnetHeaderBytes;
    case MessageType::control:
      return kControlBytesMax;
    case MessageType::ping:
    case MessageType::pong:
      return kPingBytes;
  }
  return 0;
}

ParseResult parseHeader(const uint8_t* bytes, size_t available, MessageHeader* out) {
  if (available < kHeaderBytes) return ParseResult::needMore;
  if (bytes[0] < 1 || bytes[0] > 5) return ParseResult::badType;
  if (bytes[2] != 0 || bytes[3] != 0) return ParseResult::badFlags;
  out->type = static_cast<MessageType>(bytes[0]);
  out->hops = bytes[1];
  out->length = static_cast<uint32_t>(bytes[4]) << 24 | static_cast<uint32_t>(bytes[5]) << 16 |
                static_cast<uint32_t>(bytes[6]) << 8 | bytes[7];
  if (out->length > lengthMax(out->type)) return ParseResult::tooLong;
  bool isFixed = out->type == MessageType::ping || out->type == MessageType::pong;
  if (isFixed && out->length != kPingBytes) return ParseResult::badLength;
  return ParseResult::ok;
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
      return "keepalive of a wrong length";
    default:
      return "no error";
  }
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
