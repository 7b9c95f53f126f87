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

/** Writes the checksum that the header left open. */
void completeChecksum(const VnetHeader& header, uint8_t* frame, size_t length);

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
  bool isValid_ = false;
  size_t at_ = 0;
  uint32_t index_ = 0;

  void fixIp(uint8_t* out, size_t outLength);
  void fixTcp(uint8_t* out, bool isFirst, bool isLast);
  void fixChecksum(uint8_t* out, size_t outLength);
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
