// Values of the data plane as JavaScript objects, in the shapes of src/plane/plane.ts, and back.
#include "addon_values.h"

namespace vnet::js {

using Napi::String;

static const char* const kDropNames[kDropCount] = {
    "queue-full",   "storm",       "spoofed",    "malformed",     "hop-limit",
    "no-route",     "too-big",     "loop",       "same-port",     "port-write",
    "not-admitted", "link-closed", "table-full", "datagram-lost", "datagram-rejected"};

std::string macText(uint64_t mac) {
  char text[18];
  snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", int(mac >> 40 & 255),
           int(mac >> 32 & 255), int(mac >> 24 & 255), int(mac >> 16 & 255), int(mac >> 8 & 255),
           int(mac & 255));
  return text;
}

uint64_t macOf(const JsValue& value) {
  std::string text = value.As<String>();
  uint64_t mac = 0;
  for (size_t i = 0; i + 1 < text.size(); i += 3) {
    mac = mac << 8 | strtoul(text.substr(i, 2).c_str(), nullptr, 16);
  }
  return mac;
}

JsValue number(JsEnv env, uint64_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

static JsValue idOrNull(JsEnv env, uint32_t id) { return id == 0 ? env.Null() : number(env, id); }

JsValue textOrNull(JsEnv env, const std::string& text) {
  if (text.empty()) return env.Null();
  return String::New(env, text);
}

JsObject dropsObject(JsEnv env, const uint64_t* counts, bool isFull) {
  JsObject drops = JsObject::New(env);
  for (size_t i = 0; i < kDropCount; i++) {
    if (isFull || counts[i] > 0) drops.Set(kDropNames[i], number(env, counts[i]));
  }
  return drops;
}

static JsObject dropsObject(JsEnv env, const DropCounters& drops) {
  uint64_t counts[kDropCount];
  for (size_t i = 0; i < kDropCount; i++) counts[i] = drops.counts[i];
  return dropsObject(env, counts, false);
}

static const char* stateText(LinkState state) {
  switch (state) {
    case LinkState::connecting:
      return "connecting";
    case LinkState::handshake:
      return "handshake";
    case LinkState::pending:
      return "pending";
    case LinkState::admitted:
      return "admitted";
    case LinkState::closed:
      return "closed";
  }
  return "";
}

static JsValue roleValue(JsEnv env, LinkRole role) {
  if (role == LinkRole::none) return env.Null();
  return String::New(env, role == LinkRole::star ? "star" : "fast-path");
}

static JsObject certificateObject(JsEnv env, const PeerCertificate& certificate) {
  JsObject object = JsObject::New(env);
  object.Set("uri", certificate.uri);
  object.Set("publicKeySha256", certificate.publicKeySha256);
  object.Set("serial", certificate.serial);
  object.Set("notAfterMs", number(env, certificate.notAfterMs));
  return object;
}

TransportPolicy transportPolicyOf(const JsValue& value) {
  std::string text = value.As<String>();
  if (text == "tcp") return TransportPolicy::tcp;
  return text == "udp" ? TransportPolicy::udp : TransportPolicy::automatic;
}

static JsValue microsecondsOrNull(JsEnv env, uint64_t ns) {
  return ns > 0 ? Napi::Number::New(env, double(ns) / 1000.0) : env.Null();
}

static const char* reasonText(TransportReason reason) {
  static const char* const texts[] = {"not-agreed", "no-answer", "measuring",
                                      "short-path", "long-path", "lossy-path", "required"};
  return texts[static_cast<int>(reason)];
}

static JsValue datagramValue(JsEnv env, const DatagramSnapshot& shot) {
  static const char* const states[] = {"", "probing", "up", "down"};
  if (shot.state == DatagramState::none) return env.Null();
  JsObject object = JsObject::New(env);
  object.Set("state", states[static_cast<int>(shot.state)]);
  object.Set("remoteAddress", shot.remoteAddress);
  object.Set("remotePort", number(env, shot.remotePort));
  object.Set("datagramBytes", number(env, shot.datagramBytes));
  object.Set("rttUs", microsecondsOrNull(env, shot.rttNs));
  object.Set("minRttUs", microsecondsOrNull(env, shot.minRttNs));
  object.Set("sentDatagrams", number(env, shot.sent));
  object.Set("receivedDatagrams", number(env, shot.received));
  object.Set("lostDatagrams", number(env, shot.lost));
  object.Set("repairedDatagrams", number(env, shot.repaired));
  object.Set("rejectedDatagrams", number(env, shot.rejected));
  return object;
}

JsObject linkObject(JsEnv env, const LinkSnapshot& shot) {
  JsObject link = JsObject::New(env);
  link.Set("id", number(env, shot.id));
  link.Set("direction", shot.isDialled ? "dialled" : "accepted");
  link.Set("state", stateText(shot.state));
  link.Set("purpose", shot.isJoin ? "join" : "link");
  link.Set("role", roleValue(env, shot.role));
  link.Set("peer", textOrNull(env, shot.peer));
  link.Set("remoteAddress", shot.remoteAddress);
  link.Set("remotePort", number(env, shot.remotePort));
  link.Set("localAddress", shot.localAddress);
  bool hasCertificate = shot.hasCertificate;
  link.Set("certificate",
           hasCertificate ? JsValue(certificateObject(env, shot.certificate)) : env.Null());
  link.Set("tlsCipher", textOrNull(env, shot.cipher));
  link.Set("isResumed", shot.isResumed);
  link.Set("isOffloaded", shot.isOffloaded);
  link.Set("isStalled", shot.isStalled);
  link.Set("transport", shot.isUdp ? "udp" : "tcp");
  link.Set("transportReason", reasonText(shot.transportReason));
  link.Set("datagram", datagramValue(env, shot.datagram));
  link.Set("sinceMs", number(env, shot.sinceMs));
  link.Set("rttUs", microsecondsOrNull(env, shot.rttNs));
  bool hasTcp = shot.hasTcpInfo;
  link.Set("tcpRttUs", hasTcp ? number(env, shot.tcpRttUs) : env.Null());
  link.Set("deliveryRateBytesPerSecond", hasTcp ? number(env, shot.deliveryRate) : env.Null());
  link.Set("retransmits", hasTcp ? number(env, shot.retransmits) : env.Null());
  link.Set("queuedBytes", number(env, shot.queuedBytes));
  link.Set("rxFrames", number(env, shot.rxFrames));
  link.Set("rxBytes", number(env, shot.rxBytes));
  link.Set("txFrames", number(env, shot.txFrames));
  link.Set("txBytes", number(env, shot.txBytes));
  link.Set("drops", dropsObject(env, shot.drops, false));
  return link;
}

JsObject portObject(JsEnv env, Plane& plane, Port& port) {
  static const char* const states[] = {"up", "down", "blocked-loop"};
  PortState state = port.state(nowMs());
  JsObject object = JsObject::New(env);
  object.Set("id", number(env, port.id));
  object.Set("name", port.name);
  object.Set("kind", port.kind());
  object.Set("device", textOrNull(env, port.device));
  object.Set("mac", textOrNull(env, port.mac ? macText(port.mac) : ""));
  object.Set("mtu", number(env, static_cast<uint64_t>(port.mtu)));
  object.Set("isOffloaded", port.isOffloaded);
  object.Set("state", states[static_cast<int>(state)]);
  std::string loopWith;
  if (state == PortState::blockedLoop && port.loopWith() != 0) {
    auto other = plane.findPort(port.loopWith());
    loopWith = other ? other->name : "a port that is gone";
  }
  object.Set("loopWith", textOrNull(env, loopWith));
  object.Set("rxFrames", number(env, port.traffic.rxFrames));
  object.Set("rxBytes", number(env, port.traffic.rxBytes));
  object.Set("txFrames", number(env, port.traffic.txFrames));
  object.Set("txBytes", number(env, port.traffic.txBytes));
  object.Set("drops", dropsObject(env, port.drops));
  return object;
}

static Napi::Buffer<uint8_t> bytesBuffer(JsEnv env, const std::vector<uint8_t>& bytes) {
  return Napi::Buffer<uint8_t>::Copy(env, bytes.data(), bytes.size());
}

static const char* linkEventKind(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::linkPending:
      return "link-pending";
    case Event::Kind::linkClosed:
      return "link-closed";
    case Event::Kind::linkTransport:
      return "link-transport";
    case Event::Kind::linkStalled:
      return "link-stalled";
    default:
      return "link-resumed";
  }
}

static void setLinkEvent(JsEnv env, const Event& event, JsObject object) {
  object.Set("kind", linkEventKind(event.kind));
  object.Set("link", linkObject(env, *event.snapshot));
  if (event.kind == Event::Kind::linkPending) {
    JsObject version = JsObject::New(env);
    version.Set("major", number(env, event.snapshot->peerMajor));
    version.Set("minor", number(env, event.snapshot->peerMinor));
    object.Set("peerVersion", version);
    return;
  }
  if (event.kind == Event::Kind::linkResumed) return;
  if (event.kind == Event::Kind::linkClosed) object.Set("code", event.code);
  if (event.kind == Event::Kind::linkTransport) object.Set("transport", event.code);
  object.Set("reason", event.text);
}

static JsObject probeObject(JsEnv env, const ProbeOutcome& outcome) {
  JsObject object = JsObject::New(env);
  object.Set("bytesPerSecond", number(env, outcome.bytesPerSecond));
  object.Set("isSaturated", outcome.isSaturated);
  object.Set("sentBytes", number(env, outcome.sentBytes));
  object.Set("durationMs", Napi::Number::New(env, double(outcome.durationNs) / 1e6));
  return object;
}

JsObject eventObject(JsEnv env, const Event& event) {
  JsObject object = JsObject::New(env);
  auto kind = [&](const char* name) { object.Set("kind", name); };
  switch (event.kind) {
    case Event::Kind::linkPending:
    case Event::Kind::linkClosed:
    case Event::Kind::linkTransport:
    case Event::Kind::linkStalled:
    case Event::Kind::linkResumed:
      setLinkEvent(env, event, object);
      break;
    case Event::Kind::linkProbed:
      kind("link-probed");
      object.Set("link", number(env, event.link));
      object.Set("probe", probeObject(env, event.probe));
      break;
    case Event::Kind::refused:
      kind("refused");
      object.Set("remoteAddress", event.address);
      object.Set("code", event.code);
      object.Set("reason", event.text);
      break;
    case Event::Kind::control:
      kind("control");
      object.Set("link", number(env, event.link));
      object.Set("message", bytesBuffer(env, event.bytes));
      break;
    case Event::Kind::frame:
      kind("frame");
      object.Set("port", number(env, event.port));
      object.Set("frame", bytesBuffer(env, event.bytes));
      break;
    case Event::Kind::macLearned:
      kind("mac-learned");
      object.Set("mac", macText(event.mac));
      object.Set("port", number(env, event.port));
      break;
    case Event::Kind::macMoved:
      kind("mac-moved");
      object.Set("mac", macText(event.mac));
      object.Set("fromPort", idOrNull(env, event.port));
      object.Set("fromLink", idOrNull(env, event.fromLink));
      object.Set("toLink", number(env, event.link));
      break;
    case Event::Kind::macFlapping:
      kind("mac-flapping");
      object.Set("mac", macText(event.mac));
      object.Set("moves", number(env, event.count));
      break;
    case Event::Kind::macExpired:
      kind("mac-expired");
      object.Set("mac", macText(event.mac));
      break;
    case Event::Kind::portLoop:
      kind("port-loop");
      object.Set("port", number(env, event.port));
      object.Set("other", idOrNull(env, event.otherPort));
      break;
    case Event::Kind::portState:
      kind("port-state");
      object.Set("port", number(env, event.port));
      object.Set("state", event.code);
      object.Set("reason", event.text);
      break;
  }
  return object;
}

JsObject macObject(JsEnv env, const MacSnapshot& entry) {
  JsObject object = JsObject::New(env);
  object.Set("mac", macText(entry.mac));
  object.Set("where", locationObject(env, entry.where));
  object.Set("ageMs", number(env, entry.ageMs));
  object.Set("moves", number(env, entry.moves));
  object.Set("isDamped", entry.isDamped);
  return object;
}

static JsObject targetObject(JsEnv env, const RuleTarget& target) {
  if (target.kind == RuleTarget::Kind::port) {
    return locationObject(env, {Location::Kind::port, target.id});
  }
  if (target.kind == RuleTarget::Kind::link) {
    return locationObject(env, {Location::Kind::link, target.id});
  }
  JsObject object = JsObject::New(env);
  object.Set("kind", "drop");
  return object;
}

JsObject ruleObject(JsEnv env, const RuleSnapshot& entry) {
  JsObject object = JsObject::New(env);
  object.Set("destination", macText(entry.destination));
  if (entry.source != RuleTable::kAnySource) object.Set("source", macText(entry.source));
  object.Set("target", targetObject(env, entry.target));
  object.Set("isTransit", entry.isTransit);
  object.Set("frames", number(env, entry.frames));
  object.Set("bytes", number(env, entry.bytes));
  return object;
}

Location locationOf(const JsValue& value) {
  if (!value.IsObject()) return {};
  JsObject object = value.As<JsObject>();
  std::string kind = object.Get("kind").ToString();
  if (kind == "port") return {Location::Kind::port, object.Get("port").ToNumber()};
  if (kind == "link") return {Location::Kind::link, object.Get("link").ToNumber()};
  if (kind == "ports") return kAnyPort;
  return {};
}

JsObject locationObject(JsEnv env, Location where) {
  JsObject object = JsObject::New(env);
  bool isPort = where.kind == Location::Kind::port;
  object.Set("kind", isPort ? "port" : "link");
  object.Set(isPort ? "port" : "link", number(env, where.id));
  return object;
}

}  // namespace vnet::js
