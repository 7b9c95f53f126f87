// What all ports share: being blocked for a loop, going down; and the memory port.
#include "port.h"

#include "forwarder.h"
#include "gso.h"
#include "plane.h"

namespace vnet {

void Port::blockForLoop(uint32_t other, uint64_t nowMs) {
  loopWith_ = other;
  blockedUntilMs_ = nowMs + kBlockMs;
}

PortState Port::state(uint64_t nowMs) const {
  if (isDown) return PortState::down;
  return isBlocked(nowMs) ? PortState::blockedLoop : PortState::up;
}

void Port::goDown(const std::string& reason) {
  if (isDown.exchange(true)) return;
  Event event{Event::Kind::portState};
  event.port = id;
  event.code = "down";
  event.text = reason;
  plane_.events().push(std::move(event));
}

bool MemoryPort::write(const FrameView& view, uint8_t* segmentScratch) {
  auto deliver = [this](uint8_t* frame, size_t length) {
    Event event{Event::Kind::frame};
    event.port = id;
    event.bytes.assign(frame, frame + length);
    return plane_.events().push(std::move(event));
  };
  if (!view.vnet) return deliver(view.frame, view.length);
  return segment(VnetHeader::parse(view.vnet), view.frame, view.length, segmentScratch,
                 [&](uint8_t* frame, size_t length) { deliver(frame, length); });
}

void MemoryPort::inject(const std::vector<uint8_t>& frame, Worker& worker) {
  if (isBlocked(worker.turnMs)) return drops.add(Drop::loop);
  if (frame.size() > kFrameBytesMax) return drops.add(Drop::tooBig);
  std::vector<uint8_t> room(kHeaderBytes + frame.size());
  memcpy(room.data() + kHeaderBytes, frame.data(), frame.size());
  Forwarder forwarder(plane_, worker, *this);
  forwarder.fromPort({room.data(), nullptr, room.data() + kHeaderBytes, frame.size()});
}

}  // namespace vnet
