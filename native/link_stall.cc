// A fast path through which nothing gets: noticed within about half a second (stall_detector.h),
// told, and its frames take the star at once, those that waited for it first. The link itself stays
// until its peer counts as dead: it may well come back.
#include "gso.h"
#include "link.h"
#include "plane.h"

namespace vnet {

void Link::watchStall(uint64_t nowMs, const SegmentFigures& tcp) {
  StallDetector::Signs signs;
  uint64_t frames = traffic.txFrames.load(std::memory_order_relaxed);
  signs.isCarrying = std::exchange(carriedFrames_, frames) != frames;
  signs.rttMs = tcp.rttNs / 1'000'000;
  signs.ackedBytes = tcp.ackedBytes;
  signs.isUnacked = tcp.isUnacked;
  if (datagrams_) datagrams_->describe(&signs);
  StallDetector::Change change = stall_.tick(nowMs, signs);
  if (stall_.wantsPing()) sendPing();
  bool isStalled = change == StallDetector::Change::stalled;
  if (datagrams_ && (stall_.isUdpDead() || isStalled)) datagrams_->giveUp(nowNs());
  if (change == StallDetector::Change::none) return;
  isStalled_.store(isStalled, std::memory_order_relaxed);
  if (isStalled) giveFramesToStar();
  Event event{isStalled ? Event::Kind::linkStalled : Event::Kind::linkResumed};
  event.link = id;
  if (isStalled) event.text = stall_.reason();
  event.snapshot = std::make_shared<LinkSnapshot>(snapshot());
  plane_.events().push(std::move(event));
}

// What is sealed already belongs to this connection, and is late or lost with it.
void Link::giveFramesToStar() {
  uint32_t starId = 0;
  Link* star = plane_.starLink(&starId) ? plane_.linkAt(starId) : nullptr;
  if (!star || star == this) return;
  std::vector<uint8_t> waiting;
  uint32_t dropped = 0;
  {
    std::lock_guard<std::mutex> guard(sendLock_);
    waiting.resize(queue_.bytes() + kMessageBytesMax);
    size_t length = queue_.pull(waiting.data(), waiting.size(), nowNs(), &dropped);
    waiting.resize(length);
  }
  for (size_t at = 0; at < waiting.size();) {
    uint8_t* wire = waiting.data() + at;
    size_t length = messageLength(wire);
    at += length;
    bool isPlain = wire[0] == static_cast<uint8_t>(MessageType::frame);
    if (isPlain || star->isOffloaded()) star->sendFrames(wire, length);
    else dropped++;  // a proxy that takes no super-frames
  }
  if (dropped > 0) drops.add(Drop::queueFull, dropped);
}

}  // namespace vnet
