// Super-frames as a guest's kernel makes them, and checksums by the book (RFC 1071): slow, plain,
// and independent of the code under test.
#pragma once

#include <cstring>
#include <vector>

#include "../bytes.h"
#include "../gso.h"
#include "check.h"

namespace vnet {

using Bytes = std::vector<uint8_t>;

struct Shape {
  bool isIpv6 = false;
  bool isUdp = false;
  int vlanTags = 0;
  size_t ipOptionBytes = 0;    // of IPv4; a multiple of 4, 40 at most
  size_t tcpOptionBytes = 12;  // a multiple of 4, 40 at most
  uint8_t tcpFlags = 0x99;     // CWR, ACK, PSH, FIN
  uint16_t id = 0xfffe;        // of IPv4; wraps within a few segments
  uint8_t ipFlags = 0;         // of IPv4; 0x40: do not fragment
  uint32_t sequence = 0xffffff00;
};

/** Sum of 16-bit words, folded. */
inline uint32_t sum16(const uint8_t* bytes, size_t length, uint32_t sum) {
  for (size_t i = 0; i < length; i++) sum += static_cast<uint32_t>(bytes[i]) << (i % 2 ? 0 : 8);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

/** Of the pseudo header; what an open checksum's field holds. */
inline uint32_t pseudoSum(const uint8_t* frame, const FrameLayout& layout, size_t l4Bytes) {
  const uint8_t* ip = frame + layout.l3;
  uint32_t sum = layout.isIpv6 ? sum16(ip + 8, 32, 0) : sum16(ip + 12, 8, 0);
  return sum16(nullptr, 0, sum + layout.protocol + static_cast<uint32_t>(l4Bytes));
}

/** IP's lengths and checksum, as far as there are. */
inline bool isIpRight(const uint8_t* frame, const FrameLayout& layout, size_t length) {
  const uint8_t* ip = frame + layout.l3;
  if (layout.isIpv6) return read16(ip + 4) == length - layout.l3 - 40;
  if (read16(ip + 2) != length - layout.l3) return false;
  return sum16(ip, static_cast<size_t>(layout.l4 - layout.l3), 0) == 0xffff;
}

/** The receiver's view of a plain frame: all lengths and checksums are right. */
inline bool isFrameRight(const uint8_t* frame, size_t length) {
  FrameLayout layout;
  CHECK(parseLayout(frame, length, &layout));
  size_t l4Bytes = length - layout.l4;
  if (!isIpRight(frame, layout, length)) return false;
  if (layout.protocol == 17 && read16(frame + layout.l4 + 4) != l4Bytes) return false;
  return sum16(frame + layout.l4, l4Bytes, pseudoSum(frame, layout, l4Bytes)) == 0xffff;
}

inline void writeIp(const Shape& shape, uint8_t* ip, size_t headerBytes, size_t ipBytes) {
  uint8_t protocol = shape.isUdp ? 17 : 6;
  if (shape.isIpv6) {
    ip[0] = 0x60;
    write16(ip + 4, static_cast<uint16_t>(ipBytes - 40));
    ip[6] = protocol;
    ip[7] = 64;
    ip[8] = 0xfd;
    ip[24] = 0xfd;
    ip[39] = 9;
    return;
  }
  ip[0] = static_cast<uint8_t>(0x40 | headerBytes / 4);
  write16(ip + 2, static_cast<uint16_t>(ipBytes));
  write16(ip + 4, shape.id);
  ip[6] = shape.ipFlags;
  ip[8] = 64;
  ip[9] = protocol;
  ip[12] = ip[16] = 10;
  ip[19] = 9;
  memset(ip + 20, 1, headerBytes - 20);  // options of one byte that say nothing
  write16(ip + 10, static_cast<uint16_t>(~sum16(ip, headerBytes, 0)));
}

/** Pseudo header's sum in the checksum field, IPv4's checksum complete. */
inline Bytes superFrame(const Shape& shape, size_t payload, uint16_t gsoSize, VnetHeader* header) {
  size_t l3 = 14 + 4 * static_cast<size_t>(shape.vlanTags);
  size_t l4 = l3 + (shape.isIpv6 ? 40 : 20 + shape.ipOptionBytes);
  size_t data = l4 + (shape.isUdp ? 8 : 20 + shape.tcpOptionBytes);
  Bytes frame(data + payload);
  frame[0] = frame[6] = 2;
  size_t type = 12;
  for (int i = 0; i < shape.vlanTags; i++, type += 4) {
    write16(&frame[type], i + 1 == shape.vlanTags ? 0x8100 : 0x88a8);
    frame[type + 3] = 7;
  }
  write16(&frame[type], shape.isIpv6 ? 0x86dd : 0x0800);
  writeIp(shape, &frame[l3], l4 - l3, frame.size() - l3);
  uint8_t* l4Bytes = &frame[l4];
  write16(l4Bytes, 1234);
  write16(l4Bytes + 2, 80);
  if (shape.isUdp) {
    write16(l4Bytes + 4, static_cast<uint16_t>(frame.size() - l4));
  } else {
    write32(l4Bytes + 4, shape.sequence);
    l4Bytes[12] = static_cast<uint8_t>((20 + shape.tcpOptionBytes) << 2);
    l4Bytes[13] = shape.tcpFlags;
    memset(l4Bytes + 20, 1, shape.tcpOptionBytes);
  }
  for (size_t i = 0; i < payload; i++) frame[data + i] = static_cast<uint8_t>(i * 7 + i / 251);
  header->flags = VnetHeader::kNeedsChecksum;
  uint8_t tcp = shape.isIpv6 ? VnetHeader::kTcp6 : VnetHeader::kTcp4;
  header->gsoType = shape.isUdp ? VnetHeader::kUdp : tcp;
  header->gsoSize = gsoSize;
  header->hdrLen = static_cast<uint16_t>(data);
  header->csumStart = static_cast<uint16_t>(l4);
  header->csumOffset = shape.isUdp ? 6 : 16;
  FrameLayout layout;
  CHECK(parseLayout(frame.data(), frame.size(), &layout));
  write16(l4Bytes + header->csumOffset,
          static_cast<uint16_t>(pseudoSum(frame.data(), layout, frame.size() - l4)));
  return frame;
}

}  // namespace vnet
