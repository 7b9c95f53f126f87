// A peer that does what ours never do, in raw OpenSSL: all in one TLS record, key updates and
// pings without an end while it reads nothing, a stranger's session ticket shown at another door.
// And crowds: of silent connections, of ports, of MACs.
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

struct Daemon {
  Plane plane;
  std::deque<Event> seen;
  uint16_t port = 0;

  Daemon() : plane(options(), [] {}) {
    Identity own = test::makeIdentity("proxy", &authority);
    CHECK(plane.setCredentials(own.certificatePem, own.keyPem, authority.certificatePem).empty());
    test::freeIdentity(own);
    CHECK(plane.listen("127.0.0.1", 0, &port).empty());
  }
  static PlaneOptions options() {
    PlaneOptions made;
    made.isProxy = true;
    return made;
  }
  size_t count(Event::Kind kind) {
    for (Event& event : plane.events().take()) seen.push_back(std::move(event));
    size_t n = 0;
    for (Event& event : seen) n += event.kind == kind;
    return n;
  }
  template <class Condition>
  bool eventually(Condition condition, int timeoutMs = 10000) {
    for (int waited = 0; waited < timeoutMs; waited += 5) {
      if (condition()) return true;
      usleep(5000);
    }
    return false;
  }
};

static int connectTo(uint16_t port, int receiveBytes = 0) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (receiveBytes > 0) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receiveBytes, sizeof receiveBytes);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(connect(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0);
  return fd;
}

static SSL_SESSION* ticket = nullptr;

struct RawPeer {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = nullptr;
  int fd = -1;

  RawPeer(uint16_t port, const char* alpn, bool hasCertificate, int receiveBytes = 0,
          SSL_SESSION* session = nullptr) {
    if (hasCertificate) {
      Identity own = test::makeIdentity("raw", &authority);
      SSL_CTX_use_certificate(context, own.certificate);
      SSL_CTX_use_PrivateKey(context, own.key);
      test::freeIdentity(own);
    }
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(context, [](SSL*, SSL_SESSION* got) {
      SSL_SESSION_free(ticket);
      ticket = got;
      return 1;
    });
    std::string protocol = std::string(1, static_cast<char>(strlen(alpn))) + alpn;
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const uint8_t*>(protocol.data()),
                            static_cast<unsigned>(protocol.size()));
    fd = connectTo(port, receiveBytes);
    timeval limit{5, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ssl = SSL_new(context);
    if (session) SSL_set_session(ssl, session);
    SSL_set_fd(ssl, fd);
    CHECK(SSL_connect(ssl) == 1);
  }
  ~RawPeer() {
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(fd);
  }
  void write(const std::vector<uint8_t>& bytes) {
    CHECK(SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size())) ==
          static_cast<int>(bytes.size()));
  }
  /** Reads that many bytes; false: the connection ended. */
  bool read(size_t length) {
    uint8_t buffer[4096];
    while (length > 0) {
      int want = static_cast<int>(length < sizeof buffer ? length : sizeof buffer);
      int n = SSL_read(ssl, buffer, want);
      if (n <= 0) return false;
      length -= static_cast<size_t>(n);
    }
    return true;
  }
};

static std::vector<uint8_t> preface() {
  std::vector<uint8_t> bytes(kPrefaceBytes);
  writePreface(bytes.data(), {kProtocolMajor, kProtocolMinor, 0});
  return bytes;
}

static std::vector<uint8_t> message(MessageType type, const std::vector<uint8_t>& payload) {
  std::vector<uint8_t> bytes(kHeaderBytes);
  writeHeader(bytes.data(), type, 0, static_cast<uint32_t>(payload.size()));
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

static void oneRecord() {
  Daemon proxy;
  RawPeer peer(proxy.port, "vnet", true);
  std::vector<uint8_t> all = preface(), control = message(MessageType::control, {1, 2, 3});
  all.insert(all.end(), control.begin(), control.end());
  all.insert(all.end(), control.begin(), control.begin() + 5);
  peer.write(all);
  CHECK(proxy.eventually([&] { return proxy.count(Event::Kind::control) == 1; }));
  peer.write({control.begin() + 5, control.end()});
  CHECK(proxy.eventually([&] { return proxy.count(Event::Kind::control) == 2; }));
}

static uint64_t queuedBytes(Daemon& daemon) {
  uint64_t most = 0;
  for (auto& link : daemon.plane.links()) most = std::max(most, link->snapshot().queuedBytes);
  return most;
}

/** Does something again and again without reading: what waits for the peer stays small. */
template <class Act>
static void withoutReading(int times, Act act) {
  Daemon proxy;
  RawPeer peer(proxy.port, "vnet", true, 4096);
  peer.write(preface());
  CHECK(peer.read(kPrefaceBytes));
  CHECK(proxy.eventually([&] { return proxy.count(Event::Kind::linkPending) == 1; }));
  uint64_t most = 0;
  // Not longer: the kernel ends the connection of one that takes nothing for kDeadPeerMs.
  uint64_t endMs = nowMs() + 1000;
  for (int i = 0; i < times && nowMs() < endMs; i++) {
    act(peer);
    if (i % 1000 == 0) most = std::max(most, queuedBytes(proxy));
  }
  usleep(20000);
  most = std::max(most, queuedBytes(proxy));
  fprintf(stderr, "    %llu bytes waited at most\n", static_cast<unsigned long long>(most));
  CHECK(most < 128 * 1024);
  CHECK(proxy.count(Event::Kind::linkClosed) == 0);
  // It reads again, and is served again under the keys that are in force by now.
  auto link = proxy.plane.links().at(0);
  std::vector<uint8_t> text(1000, 7);
  CHECK(link->sendControl(text.data(), text.size()));
  bool isFound = false;
  for (uint8_t run = 0; !isFound;) {
    uint8_t byte = 0;
    CHECK(SSL_read(peer.ssl, &byte, 1) == 1);
    run = byte == 7 ? static_cast<uint8_t>(run + 1) : 0;
    isFound = run == 100;
  }
}

static void ticketOfStranger() {
  Daemon proxy;
  {
    RawPeer stranger(proxy.port, "vnet-join", false);
    stranger.write(preface());
    CHECK(stranger.read(kPrefaceBytes));  // a ticket, if there is one, comes before it
  }
  CHECK(proxy.eventually([&] { return proxy.count(Event::Kind::linkPending) == 1; }));
  if (ticket) {
    RawPeer peer(proxy.port, "vnet", false, 0, ticket);
    SSL_write(peer.ssl, preface().data(), kPrefaceBytes);
    CHECK(!peer.read(kPrefaceBytes + 1));
    CHECK(proxy.eventually([&] { return proxy.count(Event::Kind::refused) == 1; }));
  }
  for (Event& event : proxy.seen) {
    if (event.kind == Event::Kind::linkPending) CHECK(event.snapshot->isJoin);
  }
}

static void crowdOfConnections() {
  Daemon proxy;
  std::vector<int> silent;
  size_t most = 0;
  for (int i = 0; i < 900; i++) {
    silent.push_back(connectTo(proxy.port));
    if (i % 50 == 0) most = std::max(most, proxy.plane.links().size());
  }
  CHECK(proxy.eventually([&] { return proxy.count(Event::Kind::refused) >= 900 - kHandshakesMax; },
                         2000));
  fprintf(stderr, "    %zu links at most\n", most);
  CHECK(most <= 2 * kHandshakesMax);
  CHECK(proxy.plane.links().size() <= kHandshakesMax);
  for (int fd : silent) close(fd);
}

static void crowdOfPorts() {
  Daemon proxy;
  for (uint32_t i = 0; i < kPortsMax; i++) CHECK(proxy.plane.addMemory("m") != 0);
  CHECK(proxy.plane.addMemory("one too many") == 0);
  CHECK(proxy.plane.removePort(7));
  CHECK(proxy.plane.addMemory("in its place") != 0);
}

static void crowdOfMacs() {
  EventQueue queue([] {});
  for (size_t i = 0; i < EventQueue::kEventsMax; i++) {
    CHECK(queue.push(Event{Event::Kind::macLearned}));
  }
  CHECK(!queue.push(Event{Event::Kind::macLearned}));
  Event control{Event::Kind::control};
  control.bytes.resize(1000);
  CHECK(queue.push(std::move(control)));
  CHECK(queue.lost() == 1);
  CHECK(queue.take().size() == EventQueue::kEventsMax + 1);
}

static void ownerThatIsGone() {
  Daemon proxy;
  proxy.plane.setOwner(0x020000000001, 17);
  CHECK(proxy.plane.fabric().macs().size() == 0);
}

int main() {
  signal(SIGPIPE, SIG_IGN);
  authority = test::makeIdentity("authority", nullptr);
  CASE("preface and messages in one record");
  oneRecord();
  CASE("key updates without end, nothing read");
  withoutReading(40000, [](RawPeer& peer) {
    CHECK(SSL_key_update(peer.ssl, SSL_KEY_UPDATE_REQUESTED) == 1);
    CHECK(SSL_do_handshake(peer.ssl) == 1);
  });
  CASE("pings without end, nothing read");
  std::vector<uint8_t> pings;
  for (int i = 0; i < 100; i++) {
    auto ping = message(MessageType::ping, std::vector<uint8_t>(kPingBytes, 1));
    pings.insert(pings.end(), ping.begin(), ping.end());
  }
  withoutReading(2000, [&](RawPeer& peer) { peer.write(pings); });
  CASE("a stranger's session opens no link");
  ticketOfStranger();
  CASE("a crowd of silent connections");
  crowdOfConnections();
  CASE("as many ports as there is room for");
  crowdOfPorts();
  CASE("MACs by the thousand leave room for control messages");
  crowdOfMacs();
  CASE("a MAC announced over a link that is gone");
  ownerThatIsGone();
  SSL_SESSION_free(ticket);
  test::freeIdentity(authority);
  return 0;
}
