// Cuts an Ethernet frame with a virtio-net header into pieces that each fit a datagram, so that a
// lost datagram costs one TCP segment and not a super-frame. Each piece is a whole message
// (frame.h) with a TCP segment or UDP datagram of its own, checksum still open; the other end may
// put them together again (coalescer.h). The payload is not copied.
#pragma once

#include "frame.h"
#include "gso.h"

namespace vnet {

/** A message in two parts: `head`, then `body`, which lies in the frame that was cut. */
struct Piece {
  /** Ethernet with two VLAN tags, IPv4 with options, TCP with options: 142 bytes at most. */
  static constexpr size_t kHeadBytes = kHeaderBytes + kVnetHeaderBytes + 160;

  uint8_t head[kHeadBytes];
  size_t headLength;
  const uint8_t* body;
  size_t bodyLength;
  size_t length() const { return headLength + bodyLength; }
};

/**
 * Cuts TCP frames whose checksum is open into segments as large as the room allows, but never
 * larger than the guest made them (gsoSize); UDP super-frames at gsoSize only, as the boundaries of
 * datagrams are the guest's. All pieces but the last have the same length.
 */
class Cutter {
 public:
  /** `frame` must stay until the last piece is done with; `roomBytes`: of a message. */
  Cutter(const VnetHeader& header, const uint8_t* frame, size_t length, size_t roomBytes,
         uint8_t hops);
  /**
   * False: not to be cut. Neither TCP nor a UDP super-frame, complete checksum, SYN, RST or URG,
   * IPv6 extension headers, lengths that do not agree, or too little room.
   */
  bool isValid() const { return isValid_; }
  /** Length of every piece but the last, which may be shorter. */
  size_t pieceBytes() const { return kPrefixBytes + layout_.payload + stepBytes_; }
  /** The next piece; false: there is none. */
  bool next(Piece* piece);

 private:
  static constexpr size_t kPrefixBytes = kHeaderBytes + kVnetHeaderBytes;
  /** Payload of a piece at least, if not the guest asked for less: below, headers would prevail. */
  static constexpr size_t kStepBytesMin = 64;

  const uint8_t* frame_;
  size_t length_;
  FrameLayout layout_;
  SegmentHeaders headers_;
  uint8_t prefix_[kPrefixBytes];
  bool isValid_ = false;
  size_t stepBytes_ = 0;  // payload of a piece
  size_t at_ = 0;
  uint32_t index_ = 0;
};

}  // namespace vnet
