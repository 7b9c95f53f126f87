// Super-frames and partial checksums, described by a virtio-net header (virtio 1.2 section 5.1.6):
// checks of what comes from outside, the number of frames they stand for on the guest's wire, and
// doing in software what the receiver was not asked for: completing checksums and segmenting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "common.h"
#include "frame.h"

namespace vnet {

/** struct virtio_net_hdr: 10 bytes, little-endian. */
struct VnetHeader {
  static constexpr uint8_t kNeedsChecksum = 1;
  static constexpr uint8_t kNone = 0, kTcp4 = 1, kUdpFragment = 3, kTcp6 = 4, kUdp = 5, kEcn = 0x80;

  uint8_t flags = 0;
  uint8_t gsoType = 0;
  uint16_t hdrLen = 0;
  uint16_t gsoSize = 0;
  uint16_t csumStart = 0;
  uint16_t csumOffset = 0;

  static VnetHeader parse(const uint8_t* bytes);
  void serialise(uint8_t* bytes) const;
  uint8_t gso() const { return gsoType & static_cast<uint8_t>(~kEcn); }
  bool isSuperFrame() const { return gso() != kNone; }
  bool needsChecksum() const { return (flags & kNeedsChecksum) != 0; }
};

/** Where the headers of a frame are, found by parsing and not by trusting hdrLen. */
struct FrameLayout {
  uint16_t l3 = 0;       // offset of the IP header, behind VLAN tags
  uint16_t l4 = 0;       // offset of the TCP or UDP header
  uint16_t payload = 0;  // offset behind it
  bool isIpv6 = false;
  uint8_t protocol = 0;  // 6 TCP, 17 UDP
};

/** False: not TCP or UDP over IP with whole headers. */
bool parseLayout(const uint8_t* frame, size_t length, FrameLayout* out);

/** Does the header describe this frame and lie nowhere outside of it? */
bool validVnetHeader(const VnetHeader& header, const uint8_t* frame, size_t length);

/**
 * Frames on the guest's wire that a (valid) super-frame stands for, and their bytes in
 * `wireBytes`; 1 and `length` where it is a plain one.
 */
uint32_t wireFrames(const VnetHeader& header, const uint8_t* frame, size_t length,
                    uint64_t* wireBytes);

/** What a receiver has agreed to take from here. */
struct Offloads {
  bool frames = false;     // open checksums and TCP super-frames
  bool datagrams = false;  // beyond these UDP super-frames, which Linux knows since 6.2

  /** May it get a frame with this header as it is? */
  bool take(const VnetHeader& header) const {
    return frames && (header.gso() != VnetHeader::kUdp || datagrams);
  }
};

/** Writes the checksum that the header left open. */
void completeChecksum(const VnetHeader& header, uint8_t* frame, size_t length);

/** What of a frame's payload one segment carries. */
struct SegmentPart {
  size_t offset;   // within the payload
  size_t bytes;
  uint32_t index;  // how many segments came before
  bool isLast;
};

/** The headers of segments: what is the same in all of them is summed up once. */
class SegmentHeaders {
 public:
  SegmentHeaders() = default;
  /** Of the super-frame `frame`, which is not kept; `layout` as parseLayout found it. */
  SegmentHeaders(const uint8_t* frame, const FrameLayout& layout);
  /**
   * Makes a copy of the super-frame's headers at `out` into those of one segment: lengths, IPv4 id
   * and checksum, sequence number; PSH and FIN only on the last, CWR only on the first. The
   * checksum of TCP or UDP is left open: its field holds the pseudo header's sum, as Linux leaves
   * it (Documentation/networking/checksum-offloads.rst).
   */
  void fix(uint8_t* out, const SegmentPart& part) const;

 private:
  FrameLayout layout_;
  uint64_t ipSum_ = 0;      // of the IPv4 header without length, id and checksum
  uint64_t pseudoSum_ = 0;  // of the pseudo header without the length
  uint32_t sequence_ = 0;
  uint16_t id_ = 0;

  void fixIp(uint8_t* ip, size_t ipBytes, uint32_t index) const;
  void fixTcp(uint8_t* tcp, const SegmentPart& part) const;
};

/** Cuts a super-frame into frames; one call of next() each. */
class Segmenter {
 public:
  Segmenter(const VnetHeader& header, const uint8_t* frame, size_t length);
  bool isValid() const { return isValid_; }
  /** Builds the next frame at `out` (room for the headers and gsoSize); 0: there is none. */
  size_t next(uint8_t* out);

 private:
  VnetHeader header_;
  const uint8_t* frame_;
  size_t length_;
  FrameLayout layout_;
  SegmentHeaders headers_;
  bool isValid_ = false;
  size_t at_ = 0;
  uint32_t index_ = 0;
};

/**
 * Emits the plain frames, with complete checksums, that a frame with a virtio-net header stands
 * for: sink(uint8_t* frame, size_t length), valid during the call. `scratch` holds a frame.
 * False: the header does not fit the frame, nothing was emitted. The frame itself may be changed.
 */
template <class Sink>
bool segment(const VnetHeader& header, uint8_t* frame, size_t length, uint8_t* scratch,
             Sink&& sink) {
  if (!validVnetHeader(header, frame, length)) return false;
  if (!header.isSuperFrame()) {
    if (!header.needsChecksum()) {
      sink(frame, length);
      return true;
    }
    memcpy(scratch, frame, length);  // the original may go elsewhere too, checksum still open
    completeChecksum(header, scratch, length);
    sink(scratch, length);
    return true;
  }
  Segmenter segmenter(header, frame, length);
  if (!segmenter.isValid()) return false;
  while (size_t n = segmenter.next(scratch)) sink(scratch, n);
  return true;
}

/** Internet checksum (RFC 1071) of bytes, added to `sum`, not folded. */
uint64_t checksumAdd(uint64_t sum, const uint8_t* bytes, size_t length);
uint16_t checksumFold(uint64_t sum);

}  // namespace vnet
