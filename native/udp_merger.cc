// See udp_merger.h.
#include "udp_merger.h"

#include "bytes.h"

namespace vnet {

static constexpr uint8_t kUdp = 17;
/** validVnetHeader refuses super-frames of smaller units. */
static constexpr size_t kUnitBytesMin = 8;
static constexpr size_t kIpBytesMax = 65535;

static bool isSound(const FrameView& view, const FrameLayout& layout) {
  const uint8_t* ip = view.frame + layout.l3;
  size_t ipBytes = view.length - layout.l3;
  size_t headerBytes = static_cast<size_t>(layout.l4 - layout.l3);
  bool isIp = layout.isIpv6
                  ? headerBytes == 40 && 40u + read16(ip + 4) == ipBytes
                  : read16(ip + 2) == ipBytes && checksumFold(checksumAdd(0, ip, headerBytes)) == 0;
  return isIp && read16(view.frame + layout.l4 + 4) == view.length - layout.l4;
}

/** May others follow this frame? No group frames: the storm limit counts them one by one. */
bool UdpMerger::parse(const FrameView& view) {
  if (!view.vnet) return false;
  VnetHeader offload = VnetHeader::parse(view.vnet);
  if (offload.flags != VnetHeader::kNeedsChecksum || offload.gsoType != VnetHeader::kNone) {
    return false;
  }
  if (view.length < kFrameBytesMin || isGroupMac(view.frame)) return false;
  if (!parseLayout(view.frame, view.length, &layout_) || layout_.protocol != kUdp) return false;
  if (offload.csumStart != layout_.l4 || offload.csumOffset != 6) return false;
  unitBytes_ = view.length - layout_.payload;
  return unitBytes_ >= kUnitBytesMin && isSound(view, layout_);
}

void UdpMerger::hold(const FrameView& view) {
  held_ = view;
  count_ = 1;
  isOpen_ = parse(view);
  if (isOpen_ && !layout_.isIpv6) {
    nextId_ = static_cast<uint16_t>(read16(view.frame + layout_.l3 + 4) + 1);
  }
}

bool UdpMerger::append(const FrameView& next) {
  if (!isOpen_ || !next.vnet || count_ == kFramesMax) return false;
  if (next.length <= layout_.payload) return false;
  VnetHeader offload = VnetHeader::parse(next.vnet);
  bool isPlain =
      offload.flags == VnetHeader::kNeedsChecksum && offload.gsoType == VnetHeader::kNone;
  if (!isPlain || offload.csumStart != layout_.l4 || offload.csumOffset != 6) return false;
  size_t payload = next.length - layout_.payload;
  bool isRoom = held_.length - layout_.l3 + payload <= kIpBytesMax;
  if (payload > unitBytes_ || !isRoom) return false;
  if (!isContinuedBy(next.frame) || !isSound(next, layout_)) return false;
  memmove(end(), next.frame + layout_.payload, payload);
  held_.length += payload;
  count_++;
  nextId_++;
  isOpen_ = payload == unitBytes_;
  return true;
}

/** The same headers but for lengths, checksums and an id that counts on or may not be used. */
bool UdpMerger::isContinuedBy(const uint8_t* next) const {
  const uint8_t* held = held_.frame;
  auto isEqual = [&](size_t from, size_t to) {
    return memcmp(held + from, next + from, to - from) == 0;
  };
  size_t l3 = layout_.l3, l4 = layout_.l4;
  if (!isEqual(0, l3) || !isEqual(l4, l4 + 4)) return false;
  if (layout_.isIpv6) return isEqual(l3, l3 + 4) && isEqual(l3 + 6, l4);
  const uint8_t* ip = next + l3;
  bool isIdRight = (ip[6] & 0x40) != 0 || read16(ip + 4) == nextId_;  // RFC 6864
  return isIdRight && isEqual(l3, l3 + 2) && isEqual(l3 + 6, l3 + 10) && isEqual(l3 + 12, l4);
}

FrameView UdpMerger::release() {
  FrameView view = held_;
  held_ = FrameView{};
  isOpen_ = false;
  if (count_ < 2) return view;
  VnetHeader offload = VnetHeader::parse(view.vnet);
  offload.gsoType = VnetHeader::kUdp;
  offload.gsoSize = static_cast<uint16_t>(unitBytes_);
  offload.hdrLen = layout_.payload;
  offload.serialise(view.vnet);
  SegmentHeaders(view.frame, layout_).fix(view.frame, {0, view.length - layout_.payload, 0, true});
  return view;
}

}  // namespace vnet
