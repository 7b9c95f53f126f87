// What forwarding a 64-byte frame costs, by the size of the tables. One configuration a process:
//   forwarding WAY TABLE ENTRIES FLOWS FRAMES     prints {"nsPerFrame": ...}, processor time
// WAY    none   a port to nowhere: the forwarder and its tables, and nothing else
//        link   a port to a TLS link: the same, sealed and sent
//        relay  link to link, as the proxy does: received, opened, forwarded, sealed, sent
//        whole  TAP to TAP: a host, the proxy, which has the rules, and another host together
// TABLE  what ENTRIES are, and by what the frames find their way:
//        macs          MAC addresses, half of them sources, half destinations
//        destinations  the same, and one rule for each destination
//        pairs         the same, and one rule for each of ENTRIES (source, destination) pairs
// FLOWS  pairs that send, of ENTRIES; 0: all, in random order. Each pair is counted at a port.
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>

#include "../../native/forwarder.h"
#include "../../native/plane.h"
#include "../../native/test/certificates.h"
#include "process.h"

using namespace vnet;
using namespace vnet::bench;
using test::Identity;

namespace {

constexpr size_t kFrameBytes = 60;  // 64 with the check sequence, which never gets here
constexpr size_t kWireBytes = kHeaderBytes + kFrameBytes;
/** So many different frames lie ready: more than any cache level near the core holds. */
constexpr size_t kPoolFrames = 131072;
/** As a TAP gives in a burst. */
constexpr size_t kTurnFrames = 64;
constexpr size_t kAhead = 8;
/** Sealed and sent at once on a link. */
constexpr size_t kBatchFrames = Link::kBatchBytes / kWireBytes;
/** On their way through TAP devices at most: their queue is no longer. */
constexpr size_t kTapWindowFrames = 400;
/** No port or link has this id. */
constexpr uint32_t kNowhere = 1000;

struct Setup {
  std::string way, table;
  size_t entries, flows, frames;
};

void put(uint8_t* octets, uint64_t mac) {
  for (int i = 5; i >= 0; i--, mac >>= 8) octets[i] = static_cast<uint8_t>(mac);
}

/** MAC addresses as a hypervisor gives them: a prefix, then at random. */
uint64_t macOf(size_t index) { return 0x525400000000u | (mixHash(index + 1) & 0xffffffffu); }

struct Pair {
  uint64_t source, destination;
};

/** ENTRIES different pairs of ENTRIES / 2 sources with as many destinations. */
Pair pairOf(size_t index, size_t entries) {
  size_t half = entries / 2;
  return {macOf(index % half), macOf(half + (index + index / half) % half)};
}

/** Frames with their message headers, one behind the other, each of a pair at random. */
std::vector<uint8_t> makePool(const Setup& setup) {
  std::vector<uint8_t> pool(kPoolFrames * kWireBytes);
  std::mt19937_64 random(1);
  size_t active = setup.flows == 0 ? setup.entries : std::min(setup.flows, setup.entries);
  for (size_t i = 0; i < kPoolFrames; i++) {
    uint8_t* wire = pool.data() + i * kWireBytes;
    size_t flow = random() % active * (setup.entries / active);
    Pair pair = pairOf(flow, setup.entries);
    writeHeader(wire, MessageType::frame, 0, kFrameBytes);
    put(wire + kHeaderBytes, pair.destination);
    put(wire + kHeaderBytes + 6, pair.source);
    wire[kHeaderBytes + 12] = 0x88;
    wire[kHeaderBytes + 13] = 0xb5;
  }
  return pool;
}

/** The destinations are at `where`. */
void fillMacs(Plane& plane, const Setup& setup, Location where) {
  for (size_t i = setup.entries / 2; i < setup.entries; i++) {
    Location previous;
    uint32_t moves = 0;
    plane.fabric().macs().learn(macOf(i), where, nowMs(), true, &previous, &moves);
  }
}

/** And rules lead there, if the table has any. */
void fill(Plane& plane, const Setup& setup, Location where) {
  fillMacs(plane, setup, where);
  Switch& fabric = plane.fabric();
  bool isPort = where.kind == Location::Kind::port;
  RuleTarget target{isPort ? RuleTarget::Kind::port : RuleTarget::Kind::link, where.id};
  for (size_t i = 0; i < setup.entries; i++) {
    Pair pair = pairOf(i, setup.entries);
    if (setup.table == "destinations") {
      fabric.rules().set(pair.destination, RuleTable::kAnySource, target, false);
    } else if (setup.table == "pairs") {
      fabric.rules().set(pair.destination, pair.source, target, false);
    }
  }
}

Identity authority;

/** A plane with an identity; admits every link as star. */
struct Daemon {
  Plane plane;
  uint16_t port = 0;

  Daemon(const std::string& name, bool isProxy) : plane(options(isProxy), [] {}) {
    Identity own = test::makeIdentity(name, &authority);
    CHECK(plane.setCredentials(own.certificatePem, own.keyPem, authority.certificatePem).empty());
    test::freeIdentity(own);
    if (isProxy) CHECK(plane.listen("127.0.0.1", 0, &port).empty());
  }
  static PlaneOptions options(bool isProxy) {
    PlaneOptions made;
    made.isProxy = isProxy;
    made.workers = 1;
    return made;
  }
  void turn() {
    for (Event& event : plane.events().take()) {
      if (event.kind == Event::Kind::linkPending) plane.admit(event.link, LinkRole::star, "peer");
    }
  }
};

/** Connects `from` to `to`; the ends of the new link. */
std::pair<std::shared_ptr<Link>, std::shared_ptr<Link>> connect(Daemon& from, Daemon& to) {
  size_t before = to.plane.links().size();
  uint32_t id = 0;
  CHECK(from.plane.dial("127.0.0.1", to.port, &id).empty());
  auto isUp = [&] {
    auto links = to.plane.links();
    return from.plane.findLink(id)->isUsable() && links.size() > before && links.back()->isUsable();
  };
  for (int i = 0; i < 5000 && !isUp(); i++) {
    from.turn();
    to.turn();
    usleep(1000);
  }
  CHECK(isUp());
  return {from.plane.findLink(id), to.plane.links().back()};
}

/** Frames from a port; `sink` null: to nowhere. */
double fromPort(const Setup& setup, Daemon& daemon, Link* sink) {
  std::vector<uint8_t> pool = makePool(setup);
  auto port = daemon.plane.findPort(daemon.plane.addMemory("source"));
  Worker worker(0);
  uint64_t busyNs = 0, sent = 0, measured = 0;
  bool isWarm = false;
  while (measured < setup.frames) {
    uint64_t beganNs = ownCpuNs();
    worker.turnMs = nowMs();
    size_t at = sent % kPoolFrames;
    size_t batch = std::min(kBatchFrames, kPoolFrames - at);
    for (size_t done = 0; done < batch; done += kTurnFrames) {
      Forwarder forwarder(daemon.plane, worker, *port);
      size_t end = std::min(batch, done + kTurnFrames);
      for (size_t i = done; i < end + kAhead; i++) {
        uint8_t* wire = pool.data() + (at + i) * kWireBytes;
        if (i < end) forwarder.expect(wire + kHeaderBytes, kFrameBytes);
        if (i < done + kAhead) continue;
        wire -= kAhead * kWireBytes;
        forwarder.fromPort({wire, nullptr, wire + kHeaderBytes, kFrameBytes});
      }
    }
    sent += batch;
    if (isWarm) {
      busyNs += ownCpuNs() - beganNs;
      measured += batch;
    }
    if (sink) await(sink->traffic.rxFrames, sent);
    isWarm = sent >= kPoolFrames;
    daemon.plane.events().take();
  }
  uint64_t counted = 0;
  worker.pairs.drain([&](const PairKey&, const PairCount& count) { counted += count.frames; });
  CHECK(counted == sent);
  return static_cast<double>(busyNs) / static_cast<double>(measured);
}

double port(const Setup& setup) {
  Daemon proxy("proxy", true), host("host", false);
  if (setup.way == "none") {
    fill(proxy.plane, setup, {Location::Kind::port, kNowhere});
    return fromPort(setup, proxy, nullptr);
  }
  auto [far, near] = connect(host, proxy);
  fill(proxy.plane, setup, {Location::Kind::link, near->id});
  return fromPort(setup, proxy, far.get());
}

double relay(const Setup& setup) {
  Daemon source("source", false), sink("sink", false);
  auto before = threads();
  Daemon proxy("proxy", true);
  std::string worker;
  for (auto& thread : threads()) {
    if (!before.contains(thread)) worker = thread;
  }
  auto into = connect(source, proxy).first;
  auto [far, near] = connect(sink, proxy);
  fill(proxy.plane, setup, {Location::Kind::link, near->id});
  std::vector<uint8_t> pool = makePool(setup);
  uint64_t sent = 0, warm = 0, beganNs = 0;
  while (warm == 0 || sent - warm < setup.frames) {
    size_t at = sent % kPoolFrames;
    size_t batch = std::min(kBatchFrames, kPoolFrames - at);
    into->sendFrames(pool.data() + at * kWireBytes, batch * kWireBytes);
    sent += batch;
    await(far->traffic.rxFrames, sent);
    proxy.plane.events().take();
    if (warm == 0 && sent >= kPoolFrames) {
      warm = sent;
      beganNs = cpuNsOf(worker);
    }
  }
  return static_cast<double>(cpuNsOf(worker) - beganNs) / static_cast<double>(sent - warm);
}

std::shared_ptr<Port> addTap(Daemon& daemon, const std::string& device) {
  TapOptions options;
  options.device = device;
  uint32_t id = 0;
  std::string error = daemon.plane.addTap(device, options, &id);
  if (!error.empty()) fprintf(stderr, "%s\n", error.c_str());
  CHECK(error.empty());
  return daemon.plane.findPort(id);
}

/** Sends frames as the guest behind a TAP device would. */
class Guest {
 public:
  explicit Guest(const std::string& device) : fd_(socket(AF_PACKET, SOCK_RAW, 0)) {
    sockaddr_ll where{};
    where.sll_family = AF_PACKET;
    where.sll_ifindex = static_cast<int>(if_nametoindex(device.c_str()));
    CHECK(fd_ >= 0 && bind(fd_, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0);
  }
  ~Guest() { close(fd_); }
  void send(uint8_t* wire, size_t frames) {
    mmsghdr messages[kTurnFrames] = {};
    iovec parts[kTurnFrames];
    for (size_t i = 0; i < frames; i++) {
      parts[i] = {wire + i * kWireBytes + kHeaderBytes, kFrameBytes};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    int sent = sendmmsg(fd_, messages, static_cast<unsigned>(frames), 0);
    CHECK(sent == static_cast<int>(frames));
  }

 private:
  int fd_;
};

double whole(const Setup& setup) {
  leaveNetwork();
  auto before = threads();
  Daemon proxy("proxy", true), from("from", false), to("to", false);
  auto started = threads();
  auto toLink = connect(to, proxy).second;
  auto in = addTap(from, "in"), out = addTap(to, "out");
  connect(from, proxy);
  fill(proxy.plane, setup, {Location::Kind::link, toLink->id});
  fillMacs(to.plane, setup, {Location::Kind::port, out->id});
  auto cpuNs = [&] {
    uint64_t sum = 0;
    for (auto& thread : started) {
      if (!before.contains(thread)) sum += cpuNsOf(thread);
    }
    return sum;
  };
  std::vector<uint8_t> pool = makePool(setup);
  Guest guest("in");
  // What the kernel sends by itself when a device comes up is let through first.
  usleep(100000);
  uint64_t first = out->traffic.txFrames, sent = 0, warm = 0, beganNs = 0;
  while (warm == 0 || sent - warm < setup.frames) {
    size_t at = sent % kPoolFrames;
    guest.send(pool.data() + at * kWireBytes, kTurnFrames);
    sent += kTurnFrames;
    await(out->traffic.txFrames, first + sent - std::min(sent, kTapWindowFrames - kTurnFrames));
    for (Daemon* daemon : {&proxy, &from, &to}) daemon->plane.events().take();
    if (warm == 0 && sent >= kPoolFrames) {
      await(out->traffic.txFrames, first + sent);
      warm = sent;
      beganNs = cpuNs();
    }
  }
  await(out->traffic.txFrames, first + sent);
  return static_cast<double>(cpuNs() - beganNs) / static_cast<double>(sent - warm);
}

double measure(const Setup& setup) {
  if (setup.way == "whole") return whole(setup);
  return setup.way == "relay" ? relay(setup) : port(setup);
}

}  // namespace

int main(int count, char** words) {
  if (count != 6) {
    fprintf(stderr, "usage: forwarding WAY TABLE ENTRIES FLOWS FRAMES\n");
    return 2;
  }
  Setup setup{words[1], words[2], strtoul(words[3], nullptr, 10), strtoul(words[4], nullptr, 10),
              strtoul(words[5], nullptr, 10)};
  authority = test::makeIdentity("authority", nullptr);
  printf("{\"nsPerFrame\": %.2f}\n", measure(setup));
  return 0;
}
