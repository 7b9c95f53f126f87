// Takes the frames of one turn (a batch from one port or link) from where they came in to where
// they go. Frames that follow each other in memory and go to the same link stay together as a run:
// they are sealed from where they lie, without a copy.
#pragma once

#include "plane.h"

namespace vnet {

class Forwarder {
 public:
  Forwarder(Plane& plane, Worker& worker, Port& port);
  Forwarder(Plane& plane, Worker& worker, Link& link);
  ~Forwarder() { flush(); }

  /** A frame will follow, after some others: its entries in the tables are fetched meanwhile. */
  void expect(const uint8_t* frame, size_t length);
  /** A frame from the port. */
  void fromPort(const FrameView& view);
  /** A frame from the link; `hops` as in its header. */
  void fromLink(const FrameView& view, uint8_t hops);
  /** Sends what is held together and books what was counted. */
  void flush();
  /** Sends what is held together: the memory that frames lie in is used again. */
  void flushRun();

 private:
  Plane& plane_;
  Worker& worker_;
  Port* port_ = nullptr;
  Link* link_ = nullptr;
  Ingress ingress_;
  DropCounters& drops_;

  // The last unicast decision: frames of a batch are mostly of one flow.
  bool hasMemo_ = false;
  uint8_t memoMacs_[12];
  uint8_t expectedMacs_[12] = {};  // of the last one
  Verdict memo_;
  PairCount memoCount_;

  // The run of frames for one link.
  Link* runLink_ = nullptr;
  uint8_t* runStart_ = nullptr;
  uint8_t* runEnd_ = nullptr;

  Verdict decide(const FrameView& view, uint8_t hops);
  void bookMemo();
  bool carryOut(const FrameView& view, const Verdict& verdict, uint8_t hops);
  bool toPort(Port* port, const FrameView& view);
  bool toLink(Link* link, const FrameView& view, uint8_t hops);
  void flood(const FrameView& view, bool isStarIncluded, uint8_t hops);
};

/** Frames from a port, forwarded a few behind: what the tables say of one comes meanwhile. */
class LookAhead {
 public:
  explicit LookAhead(Forwarder& forwarder) : forwarder_(forwarder) {}
  ~LookAhead() { finish(); }
  /** Its memory stays as it is until finish(), or kFrames more were added. */
  void add(const FrameView& view) {
    if (added_ - taken_ == kFrames) take();
    forwarder_.expect(view.frame, view.length);
    waiting_[added_++ % kFrames] = view;
  }
  void finish() {
    while (taken_ < added_) take();
  }

 private:
  static constexpr size_t kFrames = 8;
  Forwarder& forwarder_;
  FrameView waiting_[kFrames];
  size_t added_ = 0, taken_ = 0;

  void take() { forwarder_.fromPort(waiting_[taken_++ % kFrames]); }
};

}  // namespace vnet
