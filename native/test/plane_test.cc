// Whole planes in one process: TLS links over loopback, memory ports, several workers. What the
// sanitizers watch here are the life stages: links that come and go, ports removed under traffic,
// strangers on the port, closing in the middle of all of it.
// threads: yes
// sources: all
// libs: ssl crypto pcap
#include "../plane.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certificates.h"
#include "check.h"

using namespace vnet;
using test::Identity;

static Identity authority;

/** A plane with an identity that admits whoever the CA signed, and keeps its events. */
struct Daemon {
  Plane plane;
  std::mutex lock;
  std::deque<Event> seen;
  LinkRole role = LinkRole::star;
  uint16_t port = 0;

  Daemon(const std::string& name, bool isProxy, const Identity* ca = &authority,
         long seconds = 3600)
      : plane(options(isProxy), [] {}) {
    Identity own = test::makeIdentity(name, ca, seconds);
    std::string error =
        plane.setCredentials(own.certificatePem, own.keyPem, authority.certificatePem);
    CHECK(error.empty());
    test::freeIdentity(own);
    if (isProxy) listen();
  }
  void listen() {
    std::string datagramError;
    CHECK(plane.listen("127.0.0.1", 0, &port, &datagramError).empty());
    CHECK(datagramError.empty());
  }
  static PlaneOptions options(bool isProxy) {
    PlaneOptions made;
    made.datagramsFromRttUs = 0;  // loopback is a short path
    made.isProxy = isProxy;
    made.stormLimit = 100000;
    return made;
  }
  /** What JavaScript does: takes the events, admits what is pending. */
  void turn() {
    for (Event& event : plane.events().take()) {
      if (event.kind == Event::Kind::linkPending) plane.admit(event.link, role, "peer");
      seen.push_back(std::move(event));
    }
  }
  size_t count(Event::Kind kind) {
    size_t n = 0;
    for (Event& event : seen) n += event.kind == kind;
    return n;
  }
  uint32_t dial(const Daemon& to) {
    uint32_t link = 0;
    CHECK(plane.dial("127.0.0.1", to.port, &link).empty());
    return link;
  }
};

template <class Condition>
static bool eventually(std::vector<Daemon*> daemons, Condition condition, int timeoutMs = 20000) {
  for (int waited = 0; waited < timeoutMs; waited += 5) {
    for (Daemon* daemon : daemons) daemon->turn();
    if (condition()) return true;
    usleep(5000);
  }
  return false;
}

static std::vector<uint8_t> frame(uint8_t destination, uint8_t source, size_t length = 100) {
  std::vector<uint8_t> bytes(length);
  bytes[0] = bytes[6] = 2;
  bytes[5] = destination;
  bytes[11] = source;
  bytes[12] = 0x88;
  bytes[13] = 0xb5;
  return bytes;
}

static size_t admitted(Daemon& daemon) {
  size_t n = 0;
  for (auto& link : daemon.plane.links()) n += link->isUsable();
  return n;
}

static void star() {
  Daemon proxy("proxy", true), a("a", false), b("b", false);
  uint32_t linkA = a.dial(proxy);
  b.dial(proxy);
  CHECK(eventually({&proxy, &a, &b}, [&] {
    return admitted(proxy) == 2 && admitted(a) == 1 && admitted(b) == 1;
  }));
  uint32_t portA = a.plane.addMemory("a"), portB = b.plane.addMemory("b");
  b.plane.inject(portB, frame(1, 2));
  CHECK(eventually({&proxy, &a, &b}, [&] { return a.count(Event::Kind::frame) == 1; }));

  CASE("frames of every size, and each exactly once");
  size_t sent = 0;
  for (size_t length = 60; length <= 9014; length += 97, sent++) {
    a.plane.inject(portA, frame(2, 1, length));
  }
  a.plane.inject(portA, frame(2, 1, kFrameBytesMax));
  sent++;
  CHECK(eventually({&proxy, &a, &b}, [&] { return b.count(Event::Kind::frame) >= sent; }));
  usleep(50000);
  b.turn();
  CHECK(b.count(Event::Kind::frame) == sent);

  CASE("control messages arrive in order beside a flood of frames");
  std::thread flood([&] {
    for (int i = 0; i < 3000; i++) a.plane.inject(portA, frame(2, 1, 1500));
  });
  auto link = a.plane.findLink(linkA);
  for (uint32_t i = 0; i < 500; i++) {
    while (!link->sendControl(reinterpret_cast<uint8_t*>(&i), sizeof i)) usleep(1000);
  }
  CHECK(eventually({&proxy, &a, &b}, [&] { return proxy.count(Event::Kind::control) == 500; }));
  flood.join();
  uint32_t expected = 0;
  for (Event& event : proxy.seen) {
    if (event.kind != Event::Kind::control) continue;
    uint32_t got = 0;
    memcpy(&got, event.bytes.data(), sizeof got);
    CHECK(got == expected++);
  }
  CHECK(!link->sendControl(frame(0, 0, 70000).data(), 70000));
}

static void comings() {
  Daemon proxy("proxy", true), a("a", false), b("b", false);
  b.dial(proxy);
  uint32_t portB = b.plane.addMemory("b");
  for (int round = 0; round < 20; round++) {
    uint32_t link = a.dial(proxy);
    CHECK(eventually({&proxy, &a, &b}, [&] { return a.plane.findLink(link)->isUsable(); }));
    uint32_t port = a.plane.addMemory("a");
    for (int i = 0; i < 50; i++) {
      a.plane.inject(port, frame(2, 1));
      b.plane.inject(portB, frame(1, 2));
      a.plane.links();
      proxy.plane.fabric().macs().snapshot(nowMs());
      a.plane.drainTraffic();
    }
    a.plane.removePort(port);
    a.plane.closeLink(link, "the round is over");
    CHECK(eventually({&proxy, &a, &b}, [&] { return a.plane.links().empty(); }));
  }
  CHECK(eventually({&proxy, &a, &b}, [&] { return proxy.plane.links().size() == 1; }));
  bool isResumed = false;
  for (Event& event : a.seen) {
    if (event.kind == Event::Kind::linkPending) isResumed = event.snapshot->isResumed;
  }
  CHECK(isResumed);
}

static bool isUdp(Daemon& daemon) {
  for (auto& link : daemon.plane.links()) {
    if (!link->snapshot().isUdp) return false;
  }
  return true;
}

static void fastPath() {
  Daemon a("a", false), b("b", false);
  a.role = b.role = LinkRole::fastPath;
  b.listen();
  uint32_t portA = a.plane.addMemory("a"), portB = b.plane.addMemory("b");
  for (int round = 0; round < 3; round++) {
    b.turn();  // what the round before told last
    size_t before = b.count(Event::Kind::frame);
    uint32_t link = a.dial(b);
    CHECK(eventually({&a, &b}, [&] { return admitted(a) == 1 && isUdp(a) && isUdp(b); }));
    a.plane.fabric().rules().set(macKey(frame(2, 1).data()), RuleTable::kAnySource,
                                 {RuleTarget::Kind::link, link}, false);
    CASE("frames of every size by UDP, each exactly once");
    size_t sent = 0;
    for (size_t length = 60; length <= 9014; length += 597, sent++) {
      a.plane.inject(portA, frame(2, 1, length));
      usleep(200);
    }
    a.plane.inject(portA, frame(2, 1, kFrameBytesMax));
    sent++;
    CHECK(eventually({&a, &b}, [&] { return b.count(Event::Kind::frame) >= before + sent; }));
    usleep(20000);
    b.turn();
    CHECK(b.count(Event::Kind::frame) == before + sent);
    LinkSnapshot shot = a.plane.findLink(link)->snapshot();
    CHECK(shot.datagram.sent > sent && shot.datagram.rttNs > 0);
    CASE("a link that ends while frames leave by it");
    for (int i = 0; i < 300; i++) a.plane.inject(portA, frame(2, 1, 3000));
    a.plane.closeLink(link, "the round is over");
    CHECK(eventually({&a, &b}, [&] { return a.plane.links().empty() && b.plane.links().empty(); }));
  }
  CASE("a short path carries frames by TLS, until the limit is lowered");
  for (Daemon* daemon : {&a, &b}) daemon->plane.setDatagramsFromRtt(60'000'000);
  uint32_t link = a.dial(b);
  auto shot = [&] { return a.plane.findLink(link)->snapshot(); };
  auto isShort = [&] { return shot().transportReason == TransportReason::shortPath; };
  CHECK(eventually({&a, &b}, [&] { return admitted(a) == 1 && isShort(); }));
  CHECK(!isUdp(a) && shot().datagram.state == DatagramState::up && shot().datagram.minRttNs > 0);
  uint64_t sent = shot().datagram.sent, before = b.count(Event::Kind::frame);
  a.plane.fabric().rules().set(macKey(frame(2, 1).data()), RuleTable::kAnySource,
                               {RuleTarget::Kind::link, link}, false);
  for (int i = 0; i < 200; i++) a.plane.inject(portA, frame(2, 1, 1000));
  CHECK(eventually({&a, &b}, [&] { return b.count(Event::Kind::frame) >= before + 200; }));
  CHECK(shot().datagram.sent < sent + 100);
  for (Daemon* daemon : {&a, &b}) daemon->plane.setDatagramsFromRtt(0);
  CHECK(eventually({&a, &b}, [&] { return isUdp(a) && isUdp(b); }));
  CHECK(shot().transportReason == TransportReason::longPath);
  b.plane.removePort(portB);
}

static int connectTo(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(connect(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0);
  return fd;
}

static void strangers() {
  Daemon proxy("proxy", true), a("a", false);
  a.dial(proxy);
  CHECK(eventually({&proxy, &a}, [&] { return admitted(proxy) == 1; }));
  std::vector<int> silent;
  for (int i = 0; i < 200; i++) silent.push_back(connectTo(proxy.port));
  for (const char* text :
       {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\xff\xff garbage", "SSH-2.0-x\r\n"}) {
    int fd = connectTo(proxy.port);
    CHECK(send(fd, text, strlen(text), 0) > 0);
    char answer[256];
    while (recv(fd, answer, sizeof answer, 0) > 0) {
    }
    close(fd);
  }
  Identity foreign = test::makeIdentity("ca", nullptr);
  Daemon intruder("a", false, &foreign), late("late", false, &authority, -60);
  intruder.dial(proxy);
  late.dial(proxy);
  CHECK(eventually({&proxy, &a, &intruder, &late}, [&] {
    return intruder.count(Event::Kind::linkClosed) == 1 && late.count(Event::Kind::linkClosed) == 1;
  }));
  CHECK(eventually({&proxy}, [&] { return proxy.count(Event::Kind::refused) >= 5; }));
  for (Event& event : proxy.seen) {
    if (event.kind == Event::Kind::refused) CHECK(!event.text.empty());
  }
  CHECK(admitted(proxy) == 1 && admitted(a) == 1);
  Daemon friendly("b", false);  // still welcome
  friendly.dial(proxy);
  CHECK(eventually({&proxy, &a, &friendly}, [&] { return admitted(proxy) == 2; }));
  for (int fd : silent) close(fd);
  test::freeIdentity(foreign);
}

static void closing() {
  for (int round = 0; round < 10; round++) {
    Daemon proxy("proxy", true);
    Daemon a("a", false);
    uint32_t port = a.plane.addMemory("a");
    a.dial(proxy);
    for (int i = 0; i < 20; i++) a.plane.inject(port, frame(2, 1));
    if (round % 2 == 0) usleep(static_cast<useconds_t>(round) * 700);
    a.turn();
    proxy.turn();
  }
}

int main() {
  signal(SIGPIPE, SIG_IGN);  // as Node does: OpenSSL writes to sockets that may be closed
  authority = test::makeIdentity("authority", nullptr);
  CASE("a star of two hosts");
  star();
  CASE("links and ports come and go under traffic; sessions are resumed");
  comings();
  CASE("a fast path by UDP");
  fastPath();
  CASE("strangers are refused and disturb nobody");
  strangers();
  CASE("a plane may end at any moment");
  closing();
  test::freeIdentity(authority);
  return 0;
}
