// The switch by itself: every sentence of the design's forwarding rules that needs no device.
// sources: switch.cc mac_table.cc rule_table.cc
#include "../switch.h"

#include <vector>

#include "check.h"

using namespace vnet;

static constexpr uint64_t kNow = 1000000;

struct TestHost : SwitchHost {
  std::vector<uint64_t> learned, moved, flapping;
  bool isStarUp = true;
  uint32_t deadLink = 0;
  void macLearned(uint64_t mac, uint32_t) override { learned.push_back(mac); }
  void macMoved(uint64_t mac, Location, uint32_t) override { moved.push_back(mac); }
  void macFlapping(uint64_t mac, uint32_t) override { flapping.push_back(mac); }
  bool isLinkUsable(uint32_t link) override { return link != deadLink; }
  bool starLink(uint32_t* link) override {
    *link = 1;
    return isStarUp;
  }
};

struct Frame {
  uint8_t bytes[64] = {};
  Frame(uint8_t destination, uint8_t source) {
    bytes[0] = bytes[6] = 2;
    bytes[5] = destination;
    bytes[11] = source;
  }
  static Frame broadcast(uint8_t source) {
    Frame frame(0, source);
    memset(frame.bytes, 0xff, 6);
    return frame;
  }
};

static uint64_t mac(uint8_t last) { return 0x020000000000u | last; }

struct Fabric {
  TestHost host;
  Switch fabric;
  StormGuard storm{2000};
  FloodMemory floods[8];
  explicit Fabric(bool isProxy) : fabric(isProxy, 300000, host) {}
  Verdict port(uint32_t id, const Frame& frame, uint64_t now = kNow) {
    Ingress in{{Location::Kind::port, id}, false, &storm, &floods[id]};
    return fabric.fromPort(in, frame.bytes, sizeof frame.bytes, now);
  }
  Verdict link(uint32_t id, const Frame& frame, bool isStar = true, uint8_t hops = 0,
               uint64_t now = kNow) {
    Ingress in{{Location::Kind::link, id}, isStar, &storm, nullptr};
    return fabric.fromLink(in, frame.bytes, sizeof frame.bytes, hops, now);
  }
};

static bool isTo(const Verdict& verdict, Verdict::Kind kind, uint32_t id = 0) {
  return verdict.kind == kind && verdict.id == id;
}
static bool isDrop(const Verdict& verdict, Drop reason) {
  return verdict.kind == Verdict::Kind::drop && verdict.reason == reason;
}
using Kind = Verdict::Kind;
using RuleKind = RuleTarget::Kind;

static void precedence() {
  Fabric f(false);
  RuleTable& rules = f.fabric.rules();
  CHECK(isTo(f.port(2, Frame(9, 1)), Kind::link, 1));  // default: the star
  f.port(3, Frame(1, 9));                              // 9 is on port 3
  CHECK(isTo(f.port(2, Frame(9, 1)), Kind::port, 3));
  rules.set(mac(9), RuleTable::kAnySource, {RuleKind::link, 5}, false);
  CHECK(isTo(f.port(2, Frame(9, 1)), Kind::link, 5));
  rules.set(mac(9), mac(1), {RuleKind::port, 4}, false);
  CHECK(isTo(f.port(2, Frame(9, 1)), Kind::port, 4));
  CHECK(isTo(f.port(2, Frame(9, 7)), Kind::link, 5));
  rules.set(mac(9), mac(1), {RuleKind::drop, 0}, false);
  CHECK(isDrop(f.port(2, Frame(9, 1)), Drop::noRoute));
  rules.remove(mac(9), mac(1));
  f.host.deadLink = 5;  // a rule to a dead link does not fire
  CHECK(isTo(f.port(2, Frame(9, 1)), Kind::port, 3));
  CHECK(isDrop(f.port(3, Frame(9, 1)), Drop::samePort));
}

static void hostLinks() {
  Fabric f(false);
  f.port(3, Frame(1, 9));
  CHECK(isTo(f.link(1, Frame(9, 1)), Kind::port, 3));
  CHECK(isTo(f.link(1, Frame(8, 1)), Kind::floodPorts));
  f.fabric.rules().set(mac(8), RuleTable::kAnySource, {RuleKind::link, 5}, false);
  CHECK(isTo(f.link(1, Frame(8, 1)), Kind::floodPorts));  // not without transit
  f.fabric.rules().set(mac(8), RuleTable::kAnySource, {RuleKind::link, 5}, true);
  CHECK(isTo(f.link(1, Frame(8, 1)), Kind::link, 5));
  CHECK(isDrop(f.link(5, Frame(8, 1), false), Drop::samePort));
  CHECK(isTo(f.link(1, Frame::broadcast(1)), Kind::floodPorts));
  CHECK(isDrop(f.link(5, Frame::broadcast(1), false), Drop::noRoute));  // never on a fast path
  CHECK(isDrop(f.link(1, Frame(9, 1), true, kHopLimit), Drop::hopLimit));
  f.host.isStarUp = false;
  CHECK(isDrop(f.port(3, Frame(77, 9)), Drop::noRoute));
}

static void proxyLinks() {
  Fabric f(true);
  CHECK(isTo(f.link(1, Frame(9, 1)), Kind::flood));
  f.link(2, Frame(1, 9));
  CHECK(isTo(f.link(1, Frame(9, 1)), Kind::link, 2));
  CHECK(isDrop(f.link(2, Frame(9, 8)), Drop::samePort));
  CHECK(isTo(f.link(1, Frame::broadcast(1)), Kind::flood));
  CHECK(isTo(f.port(3, Frame(9, 4)), Kind::link, 2));
}

static void moves() {
  Fabric f(true);
  f.link(1, Frame(2, 9));
  f.link(2, Frame(2, 9));
  CHECK(f.host.moved.size() == 2);  // first seen, moved
  CHECK(isTo(f.link(3, Frame(9, 1)), Kind::link, 2));
  for (int i = 0; i < 20; i++) f.link(1 + i % 2, Frame(2, 9));
  CHECK(f.host.flapping.size() == 1);
  size_t before = f.host.moved.size();
  f.link(1, Frame(2, 9));
  f.link(2, Frame(2, 9));
  CHECK(f.host.moved.size() == before);
  f.link(1, Frame(2, 9), true, 0, kNow + 25000);  // damping has an end
  f.link(2, Frame(2, 9), true, 0, kNow + 25001);
  CHECK(f.host.moved.size() > before);

  Fabric host(false);
  host.port(3, Frame(1, 9));
  host.link(1, Frame(1, 9));  // seen elsewhere: not here any more
  CHECK(host.host.moved.size() == 1);
  CHECK(isTo(host.port(4, Frame(9, 5)), Kind::link, 1));
}

static void pins() {
  Fabric f(true);
  f.fabric.setPin(mac(9), {Location::Kind::link, 2});
  CHECK(isDrop(f.link(1, Frame(1, 9)), Drop::spoofed));
  CHECK(isTo(f.link(2, Frame(1, 9)), Kind::flood));
  f.fabric.removePin(mac(9));
  CHECK(!isDrop(f.link(1, Frame(1, 9)), Drop::spoofed));

  Fabric host(false);
  host.fabric.setPin(mac(9), {});
  CHECK(isDrop(host.port(3, Frame(1, 9)), Drop::spoofed));
  CHECK(isDrop(host.link(5, Frame(1, 9), false), Drop::spoofed));
  CHECK(!isDrop(host.link(1, Frame(1, 9)), Drop::spoofed));  // the proxy checked it
  host.fabric.setPin(mac(9), kAnyPort);  // to this host
  CHECK(!isDrop(host.port(3, Frame(1, 9)), Drop::spoofed));
  CHECK(!isDrop(host.port(4, Frame(1, 9)), Drop::spoofed));
  CHECK(isDrop(host.link(5, Frame(1, 9), false), Drop::spoofed));
  CHECK(!isDrop(host.link(1, Frame(1, 9)), Drop::spoofed));
  f.fabric.setPin(mac(9), kAnyPort);  // to the proxy
  CHECK(isDrop(f.link(1, Frame(1, 9)), Drop::spoofed));
}

static void storms() {
  Fabric f(false);
  int passed = 0;
  for (int i = 0; i < 10000; i++) {
    if (f.port(3, Frame::broadcast(1)).kind == Kind::flood) passed++;
  }
  CHECK(passed > 0 && passed <= 2000);
  CHECK(f.port(3, Frame::broadcast(1), kNow + 1000).kind == Kind::flood);
  CHECK(isTo(f.port(3, Frame(9, 1)), Kind::link, 1));  // unicast goes on
}

static void loops() {
  Fabric f(false);
  Frame frame = Frame::broadcast(1);
  CHECK(f.port(3, frame).kind == Kind::flood);
  f.floods[4].sentOut(frameHash(frame.bytes, sizeof frame.bytes), 3, kNow);
  Verdict back = f.port(4, frame);
  CHECK(back.kind == Kind::loop && back.id == 3);
  CHECK(f.floods[4].returns(kNow) == 1 && f.floods[3].returns(kNow) == 0);
  CHECK(f.port(4, frame, kNow + 1000).kind == Kind::loop);
  CHECK(f.port(4, frame, kNow + 1000).kind == Kind::loop);
  CHECK(f.floods[4].returns(kNow + 1000) == FloodMemory::kReturnsOfLoop);
  CHECK(f.floods[4].returns(kNow + 1001) == 2);
  CHECK(f.port(3, frame).kind == Kind::flood);  // a repetition by the guest is no loop
  CHECK(f.port(4, frame, kNow + 5000).kind == Kind::flood);
  CHECK(f.floods[4].returns(kNow + 5000) == 0);
}

static void malformed() {
  Fabric f(false);
  Frame frame(9, 1);
  Ingress in{{Location::Kind::port, 3}, false, &f.storm, &f.floods[3]};
  for (size_t n = 0; n < kFrameBytesMin; n++) {
    CHECK(isDrop(f.fabric.fromPort(in, frame.bytes, n, kNow), Drop::malformed));
  }
  frame.bytes[6] |= 1;  // a group as source
  CHECK(isDrop(f.port(3, frame), Drop::malformed));
}

// The machine's own interface behind a pcap port: known as long as the port is there.
static void staticEntries() {
  Fabric host(false);
  Location where{Location::Kind::port, 3};
  MacTable& macs = host.fabric.macs();
  macs.setStatic(mac(9), where);
  CHECK(!macs.forget(mac(9)) && macs.find(mac(9)) == where);
  host.link(1, Frame(1, 9));  // somebody else claims it
  CHECK(host.host.moved.empty() && macs.find(mac(9)) == where && macs.size() == 1);
  macs.forgetLocation(where);
  CHECK(macs.find(mac(9)).kind == Location::Kind::none && macs.size() == 0);
}

static void bounds() {
  MacTable table(1000);
  Location where{Location::Kind::port, 1}, previous;
  uint32_t n = 0;
  for (uint64_t i = 0; i < kMacTableMax; i++) {
    CHECK(table.learn(i, where, kNow, false, &previous, &n) == LearnResult::added);
  }
  CHECK(table.learn(1ull << 40, where, kNow, false, &previous, &n) == LearnResult::full);
  for (uint64_t i = 0; i < kMacTableMax; i += 1001) CHECK(table.find(i) == where);
  int expired = 0;
  table.sweep(kNow + 500, [&](uint64_t) { expired++; });
  CHECK(expired == 0);
  table.sweep(kNow + 2000, [&](uint64_t) { expired++; });
  CHECK(expired == static_cast<int>(kMacTableMax) && table.size() == 0);
}

int main() {
  CASE("most specific first, one answer");
  precedence();
  CASE("a host: from links to ports only, but for transit rules");
  hostLinks();
  CASE("the proxy: from link to link, never back");
  proxyLinks();
  CASE("a MAC moves at once, unless it flaps");
  moves();
  CASE("pins");
  pins();
  CASE("storm limit");
  storms();
  CASE("loops");
  loops();
  CASE("static entries");
  staticEntries();
  CASE("malformed frames");
  malformed();
  CASE("bounded tables and ageing");
  bounds();
  return 0;
}
