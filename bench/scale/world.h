// What forwarding.cc sends frames through and what it sends: planes with tables of a given size,
// frames that find their way by them, links between planes, TAP devices and the guests behind.
#pragma once

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

namespace vnet::bench {

using test::Identity;

constexpr size_t kFrameBytes = 60;  // 64 with the check sequence, which never gets here
constexpr size_t kWireBytes = kHeaderBytes + kFrameBytes;
/** So many different frames lie ready: more than any cache level near the core holds. */
constexpr size_t kPoolFrames = 131072;
/** As a TAP gives in a burst. */
constexpr size_t kTurnFrames = 64;
/** Sealed and sent at once on a link. */
constexpr size_t kBatchFrames = Link::kBatchBytes / kWireBytes;
/** On their way through TAP devices at most: their queue is no longer. */
constexpr size_t kTapWindowFrames = 400;
/** No port or link has this id. */
constexpr uint32_t kNowhere = 1000;

struct Setup {
  std::string way, table;
  size_t flows, entries;
};

inline void put(uint8_t* octets, uint64_t mac) {
  for (int i = 5; i >= 0; i--, mac >>= 8) octets[i] = static_cast<uint8_t>(mac);
}

/** MAC addresses as a hypervisor gives them: a prefix, then at random. */
inline uint64_t macOf(size_t index) { return 0x525400000000u | (mixHash(index + 1) & 0xffffffffu); }

struct Pair {
  uint64_t source, destination;
};

/** ENTRIES different pairs of ENTRIES / 2 sources with as many destinations. */
inline Pair pairOf(size_t index, size_t entries) {
  size_t half = entries / 2;
  return {macOf(index % half), macOf(half + (index + index / half) % half)};
}

/** Frames with their message headers, one behind the other, each of a pair at random. */
inline std::vector<uint8_t> makePool(const Setup& setup) {
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
inline void fillMacs(Plane& plane, const Setup& setup, Location where) {
  for (size_t i = setup.entries / 2; i < setup.entries; i++) {
    Location previous;
    uint32_t moves = 0;
    plane.fabric().macs().learn(macOf(i), where, nowMs(), true, &previous, &moves);
  }
}

/** And rules lead there, if the table has any. */
inline void fill(Plane& plane, const Setup& setup, Location where) {
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

/** Signs for all; made by main(). */
inline Identity authority;

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
inline std::pair<std::shared_ptr<Link>, std::shared_ptr<Link>> connect(Daemon& from, Daemon& to) {
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

inline std::shared_ptr<Port> addTap(Daemon& daemon, const std::string& device) {
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

}  // namespace vnet::bench
