// Which frames may be cut, where, and the headers of each piece. See cutter.h.
#include "cutter.h"

#include <algorithm>

#include "bytes.h"

namespace vnet {

static constexpr uint8_t kUdp = 17;
static constexpr uint8_t kSynRstUrg = 0x26;

/** Padding behind the IP packet would become payload, so there must be none. */
static bool isIpLengthRight(const uint8_t* frame, size_t length, const FrameLayout& layout) {
  const uint8_t* ip = frame + layout.l3;
  size_t ipBytes = layout.isIpv6 ? 40u + read16(ip + 4) : read16(ip + 2);
  return ipBytes == length - layout.l3;
}

static bool isCuttable(const VnetHeader& header, const uint8_t* frame, size_t length,
                       FrameLayout* layout) {
  if (!header.needsChecksum() || !validVnetHeader(header, frame, length)) return false;
  if (!parseLayout(frame, length, layout)) return false;
  if (layout->isIpv6 && layout->l4 != layout->l3 + 40) return false;
  if (layout->protocol == kUdp) return header.isSuperFrame();
  if (frame[layout->l4 + 13] & kSynRstUrg) return false;
  if (header.isSuperFrame()) return true;
  return header.csumStart == layout->l4 && header.csumOffset == 16 &&
         isIpLengthRight(frame, length, *layout);
}

Cutter::Cutter(const VnetHeader& header, const uint8_t* frame, size_t length, size_t roomBytes,
               uint8_t hops)
    : frame_(frame), length_(length) {
  if (!isCuttable(header, frame, length, &layout_)) return;
  size_t headBytes = kPrefixBytes + layout_.payload;
  if (headBytes > roomBytes) return;
  size_t payload = length - layout_.payload;
  size_t wanted = header.isSuperFrame() ? std::min<size_t>(payload, header.gsoSize) : payload;
  stepBytes_ = std::min(wanted, roomBytes - headBytes);
  bool isUdp = layout_.protocol == kUdp;
  if (stepBytes_ < wanted && (isUdp || stepBytes_ < kStepBytesMin)) return;
  isValid_ = true;
  headers_ = SegmentHeaders(frame, layout_);
  VnetHeader offload;
  offload.flags = VnetHeader::kNeedsChecksum;
  offload.csumStart = layout_.l4;
  offload.csumOffset = isUdp ? 6 : 16;
  size_t messageBytes = pieceBytes() - kHeaderBytes;
  writeHeader(prefix_, MessageType::offloadedFrame, hops, static_cast<uint32_t>(messageBytes));
  offload.serialise(prefix_ + kHeaderBytes);
}

bool Cutter::next(Piece* piece) {
  size_t payload = length_ - layout_.payload;
  if (!isValid_ || (at_ >= payload && index_ > 0)) return false;
  size_t left = payload - at_;
  size_t bytes = std::min(left, stepBytes_);
  memcpy(piece->head, prefix_, kPrefixBytes);
  memcpy(piece->head + kPrefixBytes, frame_, layout_.payload);
  headers_.fix(piece->head + kPrefixBytes, {at_, bytes, index_, bytes == left});
  piece->headLength = kPrefixBytes + layout_.payload;
  piece->body = frame_ + layout_.payload + at_;
  piece->bodyLength = bytes;
  if (bytes < stepBytes_) {
    write32(piece->head + 4, static_cast<uint32_t>(piece->length() - kHeaderBytes));
  }
  at_ += bytes;
  index_++;
  return true;
}

}  // namespace vnet
