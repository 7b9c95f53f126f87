// What the plane answers to the switch, and what it tells JavaScript: looking up ports and links,
// MACs that were learned, moved or flap, ports that are looped, drops.
#include "plane.h"

namespace vnet {

Port* Plane::portAt(uint32_t id) const {
  Port* port = portSlots_[id % kPortsMax].load(std::memory_order_acquire);
  return port && port->id == id ? port : nullptr;
}

Link* Plane::linkAt(uint32_t id) const {
  Link* link = linkSlots_[id % kLinksMax].load(std::memory_order_acquire);
  return link && link->id == id ? link : nullptr;
}

bool Plane::isCrowded() {
  std::lock_guard<std::mutex> guard(registryLock_);
  uint32_t arriving = 0;
  for (auto& [id, link] : links_) arriving += link->isArriving();
  return arriving >= 2 * kHandshakesMax;
}

// What is ruled to a stalled link takes the star meanwhile, if there is one.
bool Plane::isLinkUsable(uint32_t id) {
  Link* link = linkAt(id);
  uint32_t star = 0;
  return link && link->isUsable() && !(link->isStalled() && starLink(&star));
}

bool Plane::starLink(uint32_t* id) {
  *id = star_.load(std::memory_order_relaxed);
  return *id != 0;
}

// Two ports are bridged together outside. Blocking one of them ends the loop and cuts nobody off:
// what is behind it is reached through the other. So one that is blocked already is enough.
void Plane::loopFound(Port& port, uint32_t origin, uint64_t nowMs) {
  std::lock_guard<std::mutex> guard(loopLock_);
  if (port.isBlocked(nowMs)) return;
  uint32_t other = origin == FloodMemory::kNobody ? 0 : origin;
  bool isLoop = port.floods.returns(nowMs) >= FloodMemory::kReturnsOfLoop;
  if (other != 0) {
    Port* from = portAt(other);
    if (!isLoop || (from && from->isBlocked(nowMs))) return;
  } else {
    // A flood from a link came back: the other end shows up when its own copy does.
    for (auto& each : ports()) {
      if (each->id == port.id) continue;
      if (!each->isBlocked(nowMs)) {
        if (each->floods.returns(nowMs) > 0) other = each->id;
        continue;
      }
      if (each->loopWith() == port.id) return;
      if (each->loopWith() != 0) continue;
      each->setLoopWith(port.id);
      return tellLoop(each->id, port.id);
    }
    if (!isLoop) return;
  }
  port.blockForLoop(other, nowMs);
  tellLoop(port.id, other);
}

void Plane::tellLoop(uint32_t blocked, uint32_t other) {
  Event event{Event::Kind::portLoop};
  event.port = blocked;
  event.otherPort = other;
  events_.push(std::move(event));
}

void Plane::sweep(uint64_t nowMs) {
  switch_.macs().sweep(nowMs, [this](uint64_t mac) {
    Event event{Event::Kind::macExpired};
    event.mac = mac;
    events_.push(std::move(event));
  });
}

void Plane::setOwner(uint64_t mac, uint32_t link) {
  if (!findLink(link)) return;
  switch_.setOwner(mac, link, nowMs());
  // A link that closes after this look forgets its MACs itself.
  if (!findLink(link)) switch_.macs().forgetLocation({Location::Kind::link, link});
}

void Plane::macLearned(uint64_t mac, uint32_t port) {
  Event event{Event::Kind::macLearned};
  event.mac = mac;
  event.port = port;
  events_.push(std::move(event));
}

void Plane::macMoved(uint64_t mac, Location from, uint32_t toLink) {
  Event event{Event::Kind::macMoved};
  event.mac = mac;
  if (from.kind == Location::Kind::port) event.port = from.id;
  if (from.kind == Location::Kind::link) event.fromLink = from.id;
  event.link = toLink;
  events_.push(std::move(event));
}

void Plane::macFlapping(uint64_t mac, uint32_t moves) {
  Event event{Event::Kind::macFlapping};
  event.mac = mac;
  event.count = moves;
  events_.push(std::move(event));
}

void Plane::totalDrops(uint64_t* counts) {
  auto livePorts = ports();
  auto liveLinks = links();
  {
    std::lock_guard<std::mutex> guard(registryLock_);
    memcpy(counts, retiredDrops_, sizeof retiredDrops_);
  }
  for (size_t i = 0; i < kDropCount; i++) {
    for (auto& port : livePorts) counts[i] += port->drops.counts[i];
    for (auto& link : liveLinks) counts[i] += link->drops.counts[i];
  }
  counts[static_cast<size_t>(Drop::tableFull)] += switch_.tableFull;
  counts[static_cast<size_t>(Drop::datagramRejected)] += strayDatagrams;
}

}  // namespace vnet
