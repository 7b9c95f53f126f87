// A segment's way:
//  1. parse           may it be merged at all?
//  2. isContinuedBy   does it continue the frame held? the test of the kernel's tcp_gro_receive
//  3. append or hold  its payload behind the one held; or the one held leaves, and it is held
//  4. flush           the one held leaves; if it was merged, headers for the whole are written
#include "coalescer.h"

#include "bytes.h"
#include "frame.h"

namespace vnet {

static constexpr uint8_t kFin = 0x01, kPsh = 0x08, kAck = 0x10, kCwr = 0x80;
static constexpr uint8_t kSynRstUrg = 0x26;
static constexpr size_t kIpBytesMax = 65535;
/** validVnetHeader refuses super-frames of smaller segments. */
static constexpr size_t kUnitBytesMin = 8;

/** Lengths agree, nothing behind the packet, the IPv4 header's checksum is right. */
static bool isIpSound(const uint8_t* ip, size_t ipBytes, const FrameLayout& layout) {
  size_t headerBytes = static_cast<size_t>(layout.l4 - layout.l3);
  if (layout.isIpv6) return headerBytes == 40 && 40u + read16(ip + 4) == ipBytes;
  return read16(ip + 2) == ipBytes && checksumFold(checksumAdd(0, ip, headerBytes)) == 0;
}

/** Nothing may follow: the sender pushed, ended, or had no more to fill a segment with. */
bool Coalescer::Segment::isEnd() const {
  return (flags & (kPsh | kFin)) != 0 || payloadBytes % unitBytes != 0;
}

bool Coalescer::parse(const FrameView& view, Segment* out) {
  if (!view.vnet) return false;
  out->offload = VnetHeader::parse(view.vnet);
  const VnetHeader& offload = out->offload;
  if (!offload.needsChecksum() || !validVnetHeader(offload, view.frame, view.length)) return false;
  FrameLayout& layout = out->layout;
  if (!parseLayout(view.frame, view.length, &layout) || layout.protocol != 6) return false;
  if (offload.csumStart != layout.l4 || offload.csumOffset != 16) return false;
  if (!isIpSound(view.frame + layout.l3, view.length - layout.l3, layout)) return false;
  out->flags = view.frame[layout.l4 + 13];
  if ((out->flags & kSynRstUrg) != 0 || (out->flags & kAck) == 0) return false;
  out->payloadBytes = view.length - layout.payload;
  out->unitBytes = offload.isSuperFrame() ? offload.gsoSize : out->payloadBytes;
  return out->payloadBytes > 0;
}

void Coalescer::take(const FrameView& view, uint8_t hops) {
  Segment segment;
  bool isMergeable = parse(view, &segment);
  if (isMergeable && length_ > 0 && isContinuedBy(view, segment, hops)) {
    return append(view, segment);
  }
  flush();
  if (!isMergeable || segment.unitBytes < kUnitBytesMin || segment.isEnd()) {
    return sink_(view, hops);
  }
  hold(view, segment, hops);
}

bool Coalescer::isContinuedBy(const FrameView& view, const Segment& segment, uint8_t hops) const {
  size_t unit = first_.unitBytes;
  bool isUnitRight =
      segment.offload.isSuperFrame() ? segment.unitBytes == unit : segment.payloadBytes <= unit;
  size_t ipBytes = length_ - first_.layout.l3 + segment.payloadBytes;
  return isUnitRight && hops == hops_ && ipBytes <= kIpBytesMax && isSameFlow(view, segment);
}

/** The same headers but for what differs from segment to segment, and the next in sequence. */
bool Coalescer::isSameFlow(const FrameView& view, const Segment& segment) const {
  const FrameLayout& a = first_.layout;
  const FrameLayout& b = segment.layout;
  if (a.l3 != b.l3 || a.l4 != b.l4 || a.payload != b.payload) return false;
  const uint8_t* held = frame();
  auto isEqual = [&](size_t from, size_t to) {
    return memcmp(held + from, view.frame + from, to - from) == 0;
  };
  size_t l3 = a.l3, l4 = a.l4;
  const uint8_t* tcp = view.frame + l4;
  if (read32(tcp + 4) != nextSequence_) return false;
  // Ethernet and VLAN tags; ports; acknowledgement and length of the header; window; options.
  if (!isEqual(0, l3) || !isEqual(l4, l4 + 4) || !isEqual(l4 + 8, l4 + 13)) return false;
  if (!isEqual(l4 + 14, l4 + 16) || !isEqual(l4 + 18, a.payload)) return false;
  uint8_t differing = (segment.flags ^ first_.flags) & static_cast<uint8_t>(~(kPsh | kFin | kCwr));
  if ((segment.flags & kCwr) != 0 || differing != 0) return false;
  // IP: all but lengths, id and checksum. An id that may not be used (RFC 6864) need not count on.
  const uint8_t* ip = view.frame + l3;
  if (a.isIpv6) return isEqual(l3, l3 + 4) && isEqual(l3 + 6, l4);
  bool isIdRight = (ip[6] & 0x40) != 0 || read16(ip + 4) == nextId_;
  return isIdRight && isEqual(l3, l3 + 2) && isEqual(l3 + 6, l3 + 10) && isEqual(l3 + 12, l4);
}

uint8_t* Coalescer::frame() const { return buffer_.get() + kHeaderBytes + kVnetHeaderBytes; }

static uint16_t segmentsIn(size_t payloadBytes, size_t unitBytes) {
  return static_cast<uint16_t>((payloadBytes + unitBytes - 1) / unitBytes);
}

void Coalescer::hold(const FrameView& view, const Segment& segment, uint8_t hops) {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<uint8_t[]>(kMessageBytesMax);
  memcpy(buffer_.get() + kHeaderBytes, view.vnet, kVnetHeaderBytes);
  memcpy(frame(), view.frame, view.length);
  const uint8_t* tcp = view.frame + segment.layout.l4;
  const uint8_t* ip = view.frame + segment.layout.l3;
  length_ = view.length;
  first_ = segment;
  hops_ = hops;
  flags_ = 0;
  count_ = 1;
  nextSequence_ = read32(tcp + 4) + static_cast<uint32_t>(segment.payloadBytes);
  nextId_ = static_cast<uint16_t>(read16(ip + 4) +
                                  segmentsIn(segment.payloadBytes, segment.unitBytes));
}

void Coalescer::append(const FrameView& view, const Segment& segment) {
  memcpy(frame() + length_, view.frame + segment.layout.payload, segment.payloadBytes);
  length_ += segment.payloadBytes;
  count_++;
  flags_ |= static_cast<uint8_t>(segment.flags & (kPsh | kFin));
  nextSequence_ += static_cast<uint32_t>(segment.payloadBytes);
  size_t units = segmentsIn(segment.payloadBytes, first_.unitBytes);
  nextId_ = static_cast<uint16_t>(nextId_ + units);
  if (segment.payloadBytes % first_.unitBytes != 0 || segment.isEnd()) flush();
}

void Coalescer::flush() {
  if (length_ == 0) return;
  if (count_ > 1) finish();
  uint8_t* wire = buffer_.get();
  FrameView view{wire, wire + kHeaderBytes, frame(), length_};
  length_ = 0;
  sink_(view, hops_);
}

/** Makes what was put together a super-frame. */
void Coalescer::finish() {
  const FrameLayout& layout = first_.layout;
  VnetHeader offload = first_.offload;
  offload.flags = VnetHeader::kNeedsChecksum;
  offload.gsoType = layout.isIpv6 ? VnetHeader::kTcp6 : VnetHeader::kTcp4;
  if ((first_.flags & kCwr) != 0) offload.gsoType |= VnetHeader::kEcn;
  offload.gsoSize = static_cast<uint16_t>(first_.unitBytes);
  offload.hdrLen = layout.payload;
  offload.serialise(buffer_.get() + kHeaderBytes);
  frame()[layout.l4 + 13] |= flags_;
  SegmentHeaders(frame(), layout).fix(frame(), {0, length_ - layout.payload, 0, true});
}

}  // namespace vnet
