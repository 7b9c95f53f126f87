// Puts consecutive TCP segments of a flow together into a super-frame again, as the kernel's GRO
// does, so that the receiving guest's stack is entered once and not dozens of times. One frame is
// held at a time; the order of all frames stays. No clock: whoever reads the datagrams flushes when
// nothing more is there to read. Not thread-safe.
#pragma once

#include <functional>
#include <memory>

#include "frame_view.h"
#include "gso.h"

namespace vnet {

class Coalescer {
 public:
  /**
   * Called with what leaves. The view is borrowed until the sink returns: one that remembers it
   * (a Forwarder's run towards another link) must let go of it before (Forwarder::flush).
   */
  using Sink = std::function<void(const FrameView& view, uint8_t hops)>;
  explicit Coalescer(Sink sink) : sink_(std::move(sink)) {}

  /**
   * Holds the frame if the next may continue it, joins it to the one held, or passes it on. What
   * leaves alone leaves as it came, byte by byte; `view` is not needed after the call. Merged are
   * TCP segments (also super-frames) with open checksum and equal headers, contiguous in sequence,
   * of equal payload but for the last. Never: SYN, RST, URG, no payload, IPv6 extension headers.
   */
  void take(const FrameView& view, uint8_t hops);
  /** Lets go of the frame held. */
  void flush();

 private:
  /** A frame that may be merged. */
  struct Segment {
    VnetHeader offload;
    FrameLayout layout;
    size_t payloadBytes;
    size_t unitBytes;  // payload of a segment: gsoSize, or all
    uint8_t flags;     // of TCP
    bool isEnd() const;
  };

  Sink sink_;
  std::unique_ptr<uint8_t[]> buffer_;  // room for a message; none until the first is held
  size_t length_ = 0;                  // of the Ethernet frame held; 0: none
  Segment first_;                      // what its headers say
  uint32_t count_ = 0;                 // frames in it
  uint32_t nextSequence_ = 0;
  uint16_t nextId_ = 0;                // of IPv4
  uint8_t flags_ = 0;                  // PSH and FIN seen
  uint8_t hops_ = 0;

  static bool parse(const FrameView& view, Segment* out);
  bool isContinuedBy(const FrameView& view, const Segment& segment, uint8_t hops) const;
  bool isSameFlow(const FrameView& view, const Segment& segment) const;
  void hold(const FrameView& view, const Segment& segment, uint8_t hops);
  void append(const FrameView& view, const Segment& segment);
  void finish();
  uint8_t* frame() const;
};

}  // namespace vnet
