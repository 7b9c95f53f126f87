// A frame's decision, in the order in which its questions are asked:
//  1. is it a frame at all, and may this source speak here?      malformed, spoofed
//  2. where is its sender now?                                   learn, move, damp
//  3. is it for a group?                                         storm, loop, flood
//  4. which rule, which known place, which default?              port, link, flood, no-route
#include "switch.h"

namespace vnet {

static Verdict drop(Drop reason) {
  Verdict verdict;
  verdict.kind = Verdict::Kind::drop;
  verdict.reason = reason;
  return verdict;
}

static Verdict to(Verdict::Kind kind, uint32_t id = 0) {
  Verdict verdict;
  verdict.kind = kind;
  verdict.id = id;
  return verdict;
}

static Verdict toLocation(const Ingress& in, Location where) {
  if (where == in.from) return drop(Drop::samePort);
  return to(where.kind == Location::Kind::port ? Verdict::Kind::port : Verdict::Kind::link,
            where.id);
}

Verdict Switch::fromPort(const Ingress& in, const uint8_t* frame, size_t length, uint64_t nowMs) {
  if (length < kFrameBytesMin || isGroupMac(frame + 6)) return drop(Drop::malformed);
  uint64_t source = macKey(frame + 6);
  if (isSpoofed(in, source)) return drop(Drop::spoofed);
  if (isGroupMac(frame)) {
    uint32_t other = FloodMemory::kNobody;
    if (in.floods && in.floods->cameBack(frameHash(frame, length), nowMs, &other)) {
      return to(Verdict::Kind::loop, other);
    }
    learnFromPort(source, in, nowMs);
    return group(in, nowMs);
  }
  learnFromPort(source, in, nowMs);
  uint64_t destination = macKey(frame);
  Verdict verdict;
  if (ruleFor(in, source, destination, &verdict)) return verdict;
  Location where = macs_.find(destination);
  if (where.kind != Location::Kind::none) return toLocation(in, where);
  return unknownDestination(in, nowMs);
}

Verdict Switch::fromLink(const Ingress& in, const uint8_t* frame, size_t length, uint8_t hops,
                         uint64_t nowMs) {
  if (length < kFrameBytesMin || isGroupMac(frame + 6)) return drop(Drop::malformed);
  if (hops >= kHopLimit) return drop(Drop::hopLimit);
  uint64_t source = macKey(frame + 6);
  if (isSpoofed(in, source)) return drop(Drop::spoofed);
  learnFromLink(source, in, nowMs);
  if (isGroupMac(frame)) return group(in, nowMs);
  uint64_t destination = macKey(frame);
  Verdict verdict;
  if (ruleFor(in, source, destination, &verdict)) return verdict;
  Location where = macs_.find(destination);
  if (where.kind != Location::Kind::none) return toLocation(in, where);
  return unknownDestination(in, nowMs);
}

bool Switch::isSpoofed(const Ingress& in, uint64_t source) {
  if (pinCount_.load(std::memory_order_relaxed) == 0) return false;
  std::lock_guard<SpinLock> guard(pinLock_);
  Location* pin = pins_.find(source);
  if (!pin || *pin == in.from) return false;
  if (*pin == kAnyPort && in.from.kind == Location::Kind::port) return false;
  bool isOnePort = pin->kind == Location::Kind::port && *pin != kAnyPort;
  bool isTrustedStar = !isProxy_ && in.isStar && !isOnePort;
  return !isTrustedStar;
}

void Switch::learnFromPort(uint64_t source, const Ingress& in, uint64_t nowMs) {
  Location previous;
  uint32_t moves = 0;
  switch (macs_.learn(source, in.from, nowMs, false, &previous, &moves)) {
    case LearnResult::added:
    case LearnResult::moved:
      host_.macLearned(source, in.from.id);
      break;
    case LearnResult::startedFlapping:
      host_.macFlapping(source, moves);
      break;
    case LearnResult::full:
      tableFull.fetch_add(1, std::memory_order_relaxed);
      break;
    case LearnResult::unchanged:
    case LearnResult::damped:
      break;
  }
}

// A host keeps only its own MACs: one that is seen on a link is not here any more.
void Switch::learnFromLink(uint64_t source, const Ingress& in, uint64_t nowMs) {
  if (!isProxy_) {
    Location known = macs_.find(source);
    if (known.kind != Location::Kind::port) return;
    if (!macs_.forget(source)) return;
    host_.macMoved(source, known, in.from.id);
    return;
  }
  Location previous;
  uint32_t moves = 0;
  LearnResult result = macs_.learn(source, in.from, nowMs, false, &previous, &moves);
  if (result == LearnResult::added || result == LearnResult::moved) {
    host_.macMoved(source, previous, in.from.id);
  } else if (result == LearnResult::startedFlapping) {
    host_.macFlapping(source, moves);
  } else if (result == LearnResult::full) {
    tableFull.fetch_add(1, std::memory_order_relaxed);
  }
}

bool Switch::ruleFor(const Ingress& in, uint64_t source, uint64_t destination, Verdict* verdict) {
  if (rules_.hasPairRules() && tryRule(in, destination, source, verdict)) return true;
  return rules_.hasDestinationRules() &&
         tryRule(in, destination, RuleTable::kAnySource, verdict);
}

// A rule that cannot serve this frame (its link is down; or it leads from link to link without
// being a transit rule) does not fire: the next less specific one does.
bool Switch::tryRule(const Ingress& in, uint64_t destination, uint64_t source, Verdict* verdict) {
  Rule rule;
  if (!rules_.find(destination, source, &rule)) return false;
  if (rule.target.kind == RuleTarget::Kind::link) {
    bool isFromLink = in.from.kind == Location::Kind::link;
    if (isFromLink && !isProxy_ && !rule.isTransit) return false;
    if (!host_.isLinkUsable(rule.target.id)) return false;
    *verdict = toLocation(in, {Location::Kind::link, rule.target.id});
  } else if (rule.target.kind == RuleTarget::Kind::port) {
    *verdict = toLocation(in, {Location::Kind::port, rule.target.id});
  } else {
    *verdict = drop(Drop::noRoute);
  }
  verdict->counters = rule.counters;
  return true;
}

Verdict Switch::unknownDestination(const Ingress& in, uint64_t nowMs) {
  bool isFromLink = in.from.kind == Location::Kind::link;
  if (!isProxy_ && !isFromLink) {
    uint32_t star = 0;
    return host_.starLink(&star) ? to(Verdict::Kind::link, star) : drop(Drop::noRoute);
  }
  if (in.storm && !in.storm->take(nowMs)) return drop(Drop::storm);
  return to(isProxy_ ? Verdict::Kind::flood : Verdict::Kind::floodPorts);
}

Verdict Switch::group(const Ingress& in, uint64_t nowMs) {
  bool isFromLink = in.from.kind == Location::Kind::link;
  if (isFromLink && !in.isStar) return drop(Drop::noRoute);
  if (in.storm && !in.storm->take(nowMs)) return drop(Drop::storm);
  return to(isFromLink && !isProxy_ ? Verdict::Kind::floodPorts : Verdict::Kind::flood);
}

void Switch::setOwner(uint64_t mac, uint32_t link, uint64_t nowMs) {
  Location previous;
  uint32_t moves = 0;
  Location where{Location::Kind::link, link};
  LearnResult result = macs_.learn(mac, where, nowMs, true, &previous, &moves);
  if (result == LearnResult::startedFlapping) host_.macFlapping(mac, moves);
  if (result == LearnResult::full) tableFull.fetch_add(1, std::memory_order_relaxed);
}

void Switch::setPin(uint64_t mac, Location from) {
  std::lock_guard<SpinLock> guard(pinLock_);
  bool isNew = false;
  *pins_.insert(mac, &isNew) = from;
  if (isNew) pinCount_++;
}

void Switch::removePin(uint64_t mac) {
  std::lock_guard<SpinLock> guard(pinLock_);
  if (pins_.erase(mac)) pinCount_--;
}

}  // namespace vnet
