// Puts UDP frames of equal length that a guest sent one behind the other together into a
// super-frame (UDP segmentation offload), right where they were read: switch, link and the far TAP
// are then entered once and not dozens of times. Only what is there already is merged: nothing
// waits. Boundaries, order and contents of the datagrams stay.
#pragma once

#include "frame_view.h"
#include "gso.h"

namespace vnet {

class UdpMerger {
 public:
  /** As Linux' UDP_MAX_SEGMENTS was before 6.9. */
  static constexpr uint32_t kFramesMax = 64;

  /**
   * Appends a frame to the one held, which must lie right before it in memory. False: it does not
   * continue it; let go of the one held, then hold this one.
   */
  bool append(const FrameView& next);
  /** Remembers a frame, whether or not another can follow. Borrowed until release(). */
  void hold(const FrameView& view);
  bool isHolding() const { return held_.wire != nullptr; }
  /** The frame held, with headers for the whole. */
  FrameView release();
  /** End of what is held: where the next frame is to be read to. */
  uint8_t* end() const { return held_.frame + held_.length; }

 private:
  FrameView held_{};
  bool isOpen_ = false;     // another may follow
  FrameLayout layout_;
  size_t unitBytes_ = 0;    // payload of each frame but the last
  uint32_t count_ = 0;
  uint16_t nextId_ = 0;     // of IPv4

  bool parse(const FrameView& view);
  bool isContinuedBy(const uint8_t* next) const;
};

}  // namespace vnet
