// Parsing, checking and cutting of super-frames. See gso.h.
#include "gso.h"

namespace vnet {

static uint16_t read16(const uint8_t* bytes) {
  return static_cast<uint16_t>(bytes[0] << 8 | bytes[1]);
}

static void write16(uint8_t* bytes, uint16_t value) {
  bytes[0] = static_cast<uint8_t>(value >> 8);
  bytes[1] = static_cast<uint8_t>(value);
}

static uint32_t read32(const uint8_t* bytes) {
  return static_cast<uint32_t>(read16(bytes)) << 16 | read16(bytes + 2);
}

static void write32(uint8_t* bytes, uint32_t value) {
  write16(bytes, static_cast<uint16_t>(value >> 16));
  write16(bytes + 2, static_cast<uint16_t>(value));
}

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

/** Sum of the pseudo header (RFC 793, RFC 8200 section 8.1), in the byte order of checksumAdd. */
static uint64_t pseudoHeader(const uint8_t* frame, const FrameLayout& layout, size_t l4Length) {
  const uint8_t* ip = frame + layout.l3;
  uint64_t sum = layout.isIpv6 ? checksumAdd(0, ip + 8, 32) : checksumAdd(0, ip + 12, 8);
  uint8_t tail[8] = {};
  write32(tail, static_cast<uint32_t>(l4Length));
  tail[7] = layout.protocol;
  return checksumAdd(sum, tail, 8);
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

Segmenter::Segmenter(const VnetHeader& header, const uint8_t* frame, size_t length)
    : header_(header), frame_(frame), length_(length) {
  isValid_ = validVnetHeader(header, frame, length) && parseLayout(frame, length, &layout_);
  at_ = layout_.payload;
}

size_t Segmenter::next(uint8_t* out) {
  bool isFirst = index_ == 0;
  if (!isValid_ || (at_ >= length_ && !isFirst)) return 0;
  size_t left = length_ - at_;
  size_t part = left < header_.gsoSize ? left : header_.gsoSize;
  size_t outLength = layout_.payload + part;
  memcpy(out, frame_, layout_.payload);
  memcpy(out + layout_.payload, frame_ + at_, part);
  fixIp(out, outLength);
  if (layout_.protocol == 6) fixTcp(out, isFirst, at_ + part >= length_);
  if (layout_.protocol == 17) {
    write16(out + layout_.l4 + 4, static_cast<uint16_t>(outLength - layout_.l4));
  }
  fixChecksum(out, outLength);
  at_ += part;
  index_++;
  return outLength;
}

void Segmenter::fixIp(uint8_t* out, size_t outLength) {
  uint8_t* ip = out + layout_.l3;
  size_t ipLength = outLength - layout_.l3;
  if (layout_.isIpv6) return write16(ip + 4, static_cast<uint16_t>(ipLength - 40));
  write16(ip + 2, static_cast<uint16_t>(ipLength));
  write16(ip + 4, static_cast<uint16_t>(read16(ip + 4) + index_));
  ip[10] = ip[11] = 0;
  storeChecksum(ip + 10, checksumAdd(0, ip, static_cast<size_t>(layout_.l4 - layout_.l3)), false);
}

void Segmenter::fixTcp(uint8_t* out, bool isFirst, bool isLast) {
  uint8_t* tcp = out + layout_.l4;
  write32(tcp + 4, read32(tcp + 4) + static_cast<uint32_t>(at_ - layout_.payload));
  if (!isLast) tcp[13] &= static_cast<uint8_t>(~0x09);   // FIN, PSH
  if (!isFirst) tcp[13] &= static_cast<uint8_t>(~0x80);  // CWR
}

void Segmenter::fixChecksum(uint8_t* out, size_t outLength) {
  size_t l4Length = outLength - layout_.l4;
  uint8_t* at = out + layout_.l4 + header_.csumOffset;
  at[0] = at[1] = 0;
  uint64_t sum = pseudoHeader(out, layout_, l4Length);
  storeChecksum(at, checksumAdd(sum, out + layout_.l4, l4Length), layout_.protocol == 17);
}

}  // namespace vnet
