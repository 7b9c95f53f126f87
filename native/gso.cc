// Parsing, checking and cutting of super-frames. See gso.h.
#include "gso.h"

#include <arpa/inet.h>

#include "bytes.h"

namespace vnet {

static uint16_t readLittle(const uint8_t* bytes) {
  return static_cast<uint16_t>(bytes[0] | bytes[1] << 8);
}

static void writeLittle(uint8_t* bytes, uint16_t value) {
  bytes[0] = static_cast<uint8_t>(value);
  bytes[1] = static_cast<uint8_t>(value >> 8);
}

VnetHeader VnetHeader::parse(const uint8_t* b) {
  return {b[0], b[1], readLittle(b + 2), readLittle(b + 4), readLittle(b + 6), readLittle(b + 8)};
}

void VnetHeader::serialise(uint8_t* bytes) const {
  bytes[0] = flags;
  bytes[1] = gsoType;
  writeLittle(bytes + 2, hdrLen);
  writeLittle(bytes + 4, gsoSize);
  writeLittle(bytes + 6, csumStart);
  writeLittle(bytes + 8, csumOffset);
}

// Sums native words and swaps at the end: a one's complement sum does not mind byte order.
uint64_t checksumAdd(uint64_t sum, const uint8_t* bytes, size_t length) {
  unsigned __int128 wide = 0;
  for (; length >= 8; bytes += 8, length -= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    wide += word;
  }
  uint64_t last = 0;
  memcpy(&last, bytes, length);
  wide += last;
  uint64_t folded = static_cast<uint64_t>(wide) + static_cast<uint64_t>(wide >> 64);
  if (folded < static_cast<uint64_t>(wide)) folded++;
  uint64_t part = (folded & 0xffffffffu) + (folded >> 32);
  part = (part & 0xffff) + (part >> 16 & 0xffff) + (part >> 32);
  return sum + part;
}

uint16_t checksumFold(uint64_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

static void storeChecksum(uint8_t* at, uint64_t sum, bool isUdp) {
  uint16_t value = checksumFold(sum);
  if (isUdp && value == 0) value = 0xffff;
  memcpy(at, &value, 2);
}

static bool skipIpv6Extensions(const uint8_t* frame, size_t length, size_t* at, uint8_t* next) {
  for (int i = 0; i < 8; i++) {
    bool isOption = *next == 0 || *next == 43 || *next == 60;
    if (!isOption) return true;
    if (*at + 8 > length) return false;
    *next = frame[*at];
    *at += (static_cast<size_t>(frame[*at + 1]) + 1) * 8;
  }
  return false;
}

bool parseLayout(const uint8_t* frame, size_t length, FrameLayout* out) {
  size_t at = 12;
  for (int tags = 0; tags < 2 && at + 2 <= length; tags++) {
    uint16_t type = read16(frame + at);
    if (type != 0x8100 && type != 0x88a8) break;
    at += 4;
  }
  if (at + 2 > length) return false;
  uint16_t type = read16(frame + at);
  at += 2;
  out->l3 = static_cast<uint16_t>(at);
  if (type == 0x0800) {
    if (at + 20 > length || frame[at] >> 4 != 4) return false;
    size_t headerBytes = static_cast<size_t>(frame[at] & 15) * 4;
    bool isFragment = (read16(frame + at + 6) & 0x3fff) != 0;
    if (headerBytes < 20 || isFragment) return false;
    out->isIpv6 = false;
    out->protocol = frame[at + 9];
    at += headerBytes;
  } else if (type == 0x86dd) {
    if (at + 40 > length || frame[at] >> 4 != 6) return false;
    out->isIpv6 = true;
    out->protocol = frame[at + 6];
    at += 40;
    if (!skipIpv6Extensions(frame, length, &at, &out->protocol)) return false;
  } else {
    return false;
  }
  out->l4 = static_cast<uint16_t>(at);
  if (out->protocol == 17) {
    if (at + 8 > length) return false;
    at += 8;
  } else if (out->protocol == 6) {
    if (at + 20 > length) return false;
    size_t headerBytes = static_cast<size_t>(frame[at + 12] >> 4) * 4;
    if (headerBytes < 20) return false;
    at += headerBytes;
  } else {
    return false;
  }
  out->payload = static_cast<uint16_t>(at);
  return at <= length;
}

static bool layoutFitsGso(uint8_t gso, const FrameLayout& layout) {
  switch (gso) {
    case VnetHeader::kTcp4:
      return layout.protocol == 6 && !layout.isIpv6;
    case VnetHeader::kTcp6:
      return layout.protocol == 6 && layout.isIpv6;
    case VnetHeader::kUdp:
      return layout.protocol == 17;
    default:
      return false;
  }
}

bool validVnetHeader(const VnetHeader& header, const uint8_t* frame, size_t length) {
  if (length < kFrameBytesMin || length > kFrameBytesMax) return false;
  // The kernel refuses these two at the far TAP, where it would look like the device's fault.
  if (header.hdrLen > length || header.gsoType == VnetHeader::kEcn) return false;
  if (header.needsChecksum()) {
    size_t end = static_cast<size_t>(header.csumStart) + header.csumOffset + 2;
    if (header.csumStart < kFrameBytesMin || end > length) return false;
  }
  if (!header.isSuperFrame()) return true;
  FrameLayout layout;
  if (header.gsoSize < 8 || !parseLayout(frame, length, &layout)) return false;
  if (!layoutFitsGso(header.gso(), layout) || !header.needsChecksum()) return false;
  uint16_t wantedOffset = layout.protocol == 6 ? 16 : 6;
  if (header.csumStart != layout.l4 || header.csumOffset != wantedOffset) return false;
  return layout.payload + header.gsoSize <= kFrameBytesMax;
}

uint32_t wireFrames(const VnetHeader& header, const uint8_t* frame, size_t length,
                    uint64_t* wireBytes) {
  *wireBytes = length;
  if (!header.isSuperFrame()) return 1;
  FrameLayout layout;
  if (!parseLayout(frame, length, &layout) || header.gsoSize == 0) return 1;
  size_t payload = length - layout.payload;
  uint32_t count = static_cast<uint32_t>((payload + header.gsoSize - 1) / header.gsoSize);
  if (count < 2) return 1;
  *wireBytes = length + static_cast<uint64_t>(count - 1) * layout.payload;
  return count;
}

void completeChecksum(const VnetHeader& header, uint8_t* frame, size_t length) {
  uint8_t* at = frame + header.csumStart + header.csumOffset;
  uint64_t sum = checksumAdd(0, frame + header.csumStart, length - header.csumStart);
  storeChecksum(at, sum, header.csumOffset == 6);
}

SegmentHeaders::SegmentHeaders(const uint8_t* frame, const FrameLayout& layout)
    : layout_(layout) {
  const uint8_t* ip = frame + layout.l3;
  if (layout.isIpv6) {
    pseudoSum_ = checksumAdd(0, ip + 8, 32);
  } else {
    ipSum_ = checksumAdd(0, ip, 2);
    ipSum_ = checksumAdd(ipSum_, ip + 6, 4);
    ipSum_ = checksumAdd(ipSum_, ip + 12, static_cast<size_t>(layout.l4 - layout.l3 - 12));
    id_ = read16(ip + 4);
    pseudoSum_ = checksumAdd(0, ip + 12, 8);
  }
  // Pseudo header: RFC 793 and RFC 8200 section 8.1.
  pseudoSum_ += htons(layout.protocol);
  if (layout.protocol == 6) sequence_ = read32(frame + layout.l4 + 4);
}

void SegmentHeaders::fix(uint8_t* out, const SegmentPart& part) const {
  size_t l4Bytes = static_cast<size_t>(layout_.payload - layout_.l4) + part.bytes;
  size_t ipBytes = static_cast<size_t>(layout_.l4 - layout_.l3) + l4Bytes;
  fixIp(out + layout_.l3, ipBytes, part.index);
  uint8_t* l4 = out + layout_.l4;
  uint16_t open = static_cast<uint16_t>(
      ~checksumFold(pseudoSum_ + htons(static_cast<uint16_t>(l4Bytes))));
  if (layout_.protocol == 6) {
    fixTcp(l4, part);
    memcpy(l4 + 16, &open, 2);
  } else {
    write16(l4 + 4, static_cast<uint16_t>(l4Bytes));
    memcpy(l4 + 6, &open, 2);
  }
}

void SegmentHeaders::fixIp(uint8_t* ip, size_t ipBytes, uint32_t index) const {
  if (layout_.isIpv6) return write16(ip + 4, static_cast<uint16_t>(ipBytes - 40));
  uint16_t length = htons(static_cast<uint16_t>(ipBytes));
  uint16_t id = htons(static_cast<uint16_t>(id_ + index));
  uint16_t sum = checksumFold(ipSum_ + length + id);
  memcpy(ip + 2, &length, 2);
  memcpy(ip + 4, &id, 2);
  memcpy(ip + 10, &sum, 2);
}

void SegmentHeaders::fixTcp(uint8_t* tcp, const SegmentPart& part) const {
  write32(tcp + 4, sequence_ + static_cast<uint32_t>(part.offset));
  if (!part.isLast) tcp[13] &= static_cast<uint8_t>(~0x09);        // FIN, PSH
  if (part.offset > 0) tcp[13] &= static_cast<uint8_t>(~0x80);  // CWR
}

Segmenter::Segmenter(const VnetHeader& header, const uint8_t* frame, size_t length)
    : header_(header), frame_(frame), length_(length) {
  isValid_ = validVnetHeader(header, frame, length) && parseLayout(frame, length, &layout_);
  if (!isValid_) return;
  headers_ = SegmentHeaders(frame, layout_);
  at_ = layout_.payload;
}

size_t Segmenter::next(uint8_t* out) {
  if (!isValid_ || (at_ >= length_ && index_ > 0)) return 0;
  size_t left = length_ - at_;
  size_t bytes = left < header_.gsoSize ? left : header_.gsoSize;
  size_t outLength = layout_.payload + bytes;
  memcpy(out, frame_, layout_.payload);
  memcpy(out + layout_.payload, frame_ + at_, bytes);
  headers_.fix(out, {at_ - layout_.payload, bytes, index_, bytes == left});
  completeChecksum(header_, out, outLength);
  at_ += bytes;
  index_++;
  return outLength;
}

}  // namespace vnet
