// A frame's way through the daemon:
//  1. decide    one look-up for all frames of a flow in the batch (switch.cc)
//  2. book      traffic of the pair, once in the whole overlay: where it came from a port
//  3. carry out to a port (write), to a link (extend the run), or to all (flood)
#include "forwarder.h"

#include "gso.h"
#include "link.h"

namespace vnet {

Forwarder::Forwarder(Plane& plane, Worker& worker, Port& port)
    : plane_(plane), worker_(worker), port_(&port), ingress_(port.ingress()), drops_(port.drops) {}

Forwarder::Forwarder(Plane& plane, Worker& worker, Link& link)
    : plane_(plane), worker_(worker), link_(&link), ingress_(link.ingress()), drops_(link.drops) {}

void Forwarder::expect(const uint8_t* frame, size_t length) {
  if (length < kFrameBytesMin || memcmp(expectedMacs_, frame, 12) == 0) return;
  memcpy(expectedMacs_, frame, 12);
  plane_.fabric().expect(frame);
  if (port_) worker_.pairs.expect({macKey(frame + 6), macKey(frame)});
}

void Forwarder::fromPort(const FrameView& view) {
  port_->capture.write(view.frame, view.length);
  Verdict verdict = decide(view, 0);
  bool isSent = carryOut(view, verdict, 0);
  uint64_t bytes = view.length;
  uint32_t frames = 1;
  if (view.vnet) frames = wireFrames(VnetHeader::parse(view.vnet), view.frame, view.length, &bytes);
  port_->traffic.received(frames, bytes);
  if (view.length < kFrameBytesMin) return;
  if (!hasMemo_ || memcmp(memoMacs_, view.frame, 12) != 0) {
    bookMemo();
    memcpy(memoMacs_, view.frame, 12);
    memo_ = verdict;
    hasMemo_ = true;
  }
  memoCount_.frames += frames;
  memoCount_.bytes += bytes;
  if (!isSent) memoCount_.droppedFrames += frames;
}

void Forwarder::fromLink(const FrameView& view, uint8_t hops) {
  link_->capture.write(view.frame, view.length);
  Verdict verdict = decide(view, hops);
  carryOut(view, verdict, static_cast<uint8_t>(hops + 1));
  if (view.length < kFrameBytesMin) return;
  if (!hasMemo_ || memcmp(memoMacs_, view.frame, 12) != 0) {
    memcpy(memoMacs_, view.frame, 12);
    memo_ = verdict;
    hasMemo_ = true;
  }
}

// Only decisions that stay the same for the next frame of the flow are remembered: no group
// frames, nothing that a storm limit let pass, no drops.
Verdict Forwarder::decide(const FrameView& view, uint8_t hops) {
  if (hasMemo_ && view.length >= kFrameBytesMin && memcmp(memoMacs_, view.frame, 12) == 0 &&
      (memo_.kind == Verdict::Kind::port || memo_.kind == Verdict::Kind::link) &&
      hops < kHopLimit) {
    return memo_;
  }
  Switch& fabric = plane_.fabric();
  if (port_) return fabric.fromPort(ingress_, view.frame, view.length, worker_.turnMs);
  return fabric.fromLink(ingress_, view.frame, view.length, hops, worker_.turnMs);
}

bool Forwarder::carryOut(const FrameView& view, const Verdict& verdict, uint8_t hops) {
  if (verdict.counters) {
    verdict.counters->frames.fetch_add(1, std::memory_order_relaxed);
    verdict.counters->bytes.fetch_add(view.length, std::memory_order_relaxed);
  }
  switch (verdict.kind) {
    case Verdict::Kind::drop:
      drops_.add(verdict.reason);
      return false;
    case Verdict::Kind::port:
      return toPort(plane_.portAt(verdict.id), view);
    case Verdict::Kind::link:
      return toLink(plane_.linkAt(verdict.id), view, hops);
    case Verdict::Kind::flood:
      flood(view, true, hops);
      return true;
    case Verdict::Kind::floodPorts:
      flood(view, false, hops);
      return true;
    case Verdict::Kind::loop:
      drops_.add(Drop::loop);
      plane_.loopFound(*port_, verdict.id, worker_.turnMs);
      return false;
  }
  return false;
}

bool Forwarder::toPort(Port* port, const FrameView& view) {
  if (!port || port->isDown.load(std::memory_order_relaxed)) {
    drops_.add(Drop::noRoute);
    return false;
  }
  if (port->isBlocked(worker_.turnMs)) {
    port->drops.add(Drop::loop);
    return false;
  }
  port->capture.write(view.frame, view.length);
  if (!port->write(view, worker_.segmentBuffer())) {
    port->drops.add(Drop::portWrite);
    return false;
  }
  uint64_t bytes = view.length;
  uint32_t frames = 1;
  if (view.vnet) frames = wireFrames(VnetHeader::parse(view.vnet), view.frame, view.length, &bytes);
  port->traffic.sent(frames, bytes);
  return true;
}

bool Forwarder::toLink(Link* link, const FrameView& view, uint8_t hops) {
  if (!link) {
    drops_.add(Drop::linkClosed);
    return false;
  }
  link->capture.write(view.frame, view.length);
  if (view.vnet && !link->isOffloaded()) {
    flushRun();
    link->sendSegmented(view, hops, worker_.segmentBuffer());
    return true;
  }
  uint8_t* start = view.wire;
  MessageType type = view.vnet ? MessageType::offloadedFrame : MessageType::frame;
  size_t payload = view.wireLength() - kHeaderBytes;
  writeHeader(start, type, hops, static_cast<uint32_t>(payload));
  if (runLink_ == link && runEnd_ == start) {
    runEnd_ += view.wireLength();
  } else {
    flushRun();
    runLink_ = link;
    runStart_ = start;
    runEnd_ = start + view.wireLength();
  }
  if (runEnd_ - runStart_ >= static_cast<ptrdiff_t>(Link::kBatchBytes)) flushRun();
  return true;
}

void Forwarder::flood(const FrameView& view, bool isStarIncluded, uint8_t hops) {
  const FloodSet* set = plane_.floodSet();
  uint64_t hash = frameHash(view.frame, view.length);
  uint32_t ingressPort = port_ ? port_->id : FloodMemory::kNobody;
  for (Port* port : set->ports) {
    if (port == port_) continue;
    if (isGroupMac(view.frame)) port->floods.sentOut(hash, ingressPort, worker_.turnMs);
    toPort(port, view);
  }
  if (!isStarIncluded) return;
  for (Link* link : set->stars) {
    if (link != link_) toLink(link, view, hops);
  }
}

void Forwarder::flushRun() {
  if (!runLink_) return;
  runLink_->sendFrames(runStart_, static_cast<size_t>(runEnd_ - runStart_));
  runLink_ = nullptr;
}

void Forwarder::bookMemo() {
  if (!hasMemo_ || !port_ || memoCount_.frames == 0) return;
  PairKey key{macKey(memoMacs_ + 6), macKey(memoMacs_)};
  if (!worker_.pairs.add(key, memoCount_)) drops_.add(Drop::tableFull);
  memoCount_ = PairCount{};
}

void Forwarder::flush() {
  flushRun();
  bookMemo();
}

}  // namespace vnet
