// A link's life: connecting -> handshake -> pending (waiting for admit) -> admitted -> closed.
// Receiving is in link_receive.cc, sending in link_send.cc.
#include "link.h"

#include <errno.h>
#include <netdb.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plane.h"

namespace vnet {

Link::Link(Plane& plane, uint32_t id, Worker& worker, int fd, bool isDialled)
    : id(id),
      // Many guests are behind one link, and the sending host limited each of its ports already.
      storm(plane.options().stormLimit * 4),
      plane_(plane),
      worker_(worker),
      fd_(fd),
      isDialled_(isDialled),
      state_(isDialled ? LinkState::connecting : LinkState::handshake) {
  info_.id = id;
  info_.isDialled = isDialled;
  sinceWallMs_ = wallMs();
}

Link::~Link() {
  if (fd_ >= 0) ::close(fd_);
}

static void setSocketOptions(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  unsigned timeoutMs = kDeadPeerMs;
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeoutMs, sizeof timeoutMs);
}

void Link::start() {
  stateSinceMs_ = lastReceivedMs_ = nowMs();
  setSocketOptions(fd_);
  tuner_.start(fd_);
  fillAddresses();
  uint32_t edges = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  if (!worker_.add(fd_, shared_from_this(), edges)) {
    close("io", std::string("epoll: ") + strerror(errno));
    return;
  }
  if (!isDialled_) finishConnect();
}

void Link::fillAddresses() {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  char host[NI_MAXHOST], service[NI_MAXSERV];
  int numeric = NI_NUMERICHOST | NI_NUMERICSERV;
  std::lock_guard<std::mutex> guard(infoLock_);
  if (getpeername(fd_, reinterpret_cast<sockaddr*>(&address), &length) == 0 &&
      getnameinfo(reinterpret_cast<sockaddr*>(&address), length, host, sizeof host, service,
                  sizeof service, numeric) == 0) {
    info_.remoteAddress = host;
    info_.remotePort = static_cast<uint16_t>(atoi(service));
  }
  length = sizeof address;
  if (getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) == 0 &&
      getnameinfo(reinterpret_cast<sockaddr*>(&address), length, host, sizeof host, nullptr, 0,
                  numeric) == 0) {
    info_.localAddress = host;
  }
}

void Link::enter(LinkState state) {
  stateSinceMs_ = nowMs();
  sinceWallMs_ = wallMs();
  state_.store(state, std::memory_order_release);
}

void Link::onReady(uint32_t events, Worker& worker) {
  if (state() == LinkState::closed) return;
  if (state() == LinkState::connecting) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return close("connect-failed", strerror(error));
    if (!(events & EPOLLOUT)) return;
    fillAddresses();
    enter(LinkState::handshake);
    return finishConnect();
  }
  if (state() == LinkState::handshake) return handshake();
  if (events & EPOLLOUT) {
    std::lock_guard<std::mutex> guard(sendLock_);
    drain();
  }
  uint32_t ending = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if (events & (EPOLLIN | ending)) receive(worker, (events & ending) != 0);
}

void Link::finishConnect() {
  auto credentials = plane_.credentials();
  if (!credentials) return close("tls-failed", "no credentials are set");
  std::string target;
  if (isDialled_) target = info_.remoteAddress + " " + std::to_string(info_.remotePort);
  uint16_t features = plane_.options().isOffloadOffered ? kFeatureOffload : 0;
  // Who is dialled needs a UDP port; who dials takes any.
  if (isDialled_ ? plane_.options().isDatagramOffered : plane_.hasDatagramPort()) {
    features |= kFeatureDatagrams;
  }
  isDatagramAgreed_ = (features & kFeatureDatagrams) != 0;
  features |= kFeaturePadding;
  tls_ = std::make_unique<TlsSession>(credentials, fd_, !isDialled_, target, features);
  handshake();
}

void Link::handshake() {
  switch (tls_->advance()) {
    case TlsSession::Step::wantRead:
    case TlsSession::Step::wantWrite:
      return;
    case TlsSession::Step::failed:
      return close("tls-failed", tls_->error());
    case TlsSession::Step::done:
      return established();
  }
}

// The keys change hands, and the link waits for admission; what arrived meanwhile is read at once.
void Link::established() {
  {
    std::lock_guard<std::mutex> guard(infoLock_);
    info_.isJoin = tls_->isJoin();
    info_.isResumed = tls_->isResumed();
    info_.cipher = tls_->cipherName();
    info_.peerMajor = tls_->peerPreface().major;
    info_.peerMinor = tls_->peerPreface().minor;
    info_.hasCertificate = tls_->peerCertificate(&info_.certificate);
    bool isOffered = plane_.options().isOffloadOffered;
    isOffloaded_ = isOffered && (tls_->peerPreface().features & kFeatureOffload) != 0;
    isPaddingAgreed_ = !info_.isJoin && (tls_->peerPreface().features & kFeaturePadding) != 0;
    isDatagramAgreed_ = isDatagramAgreed_ && !info_.isJoin &&
                        (tls_->peerPreface().features & kFeatureDatagrams) != 0 &&
                        tls_->exportSecrets(&datagramSecrets_);
  }
  // A resumed session skips the verification of the certificate's dates.
  if (info_.hasCertificate && info_.certificate.notAfterMs < wallMs()) {
    return close("tls-failed", "certificate has expired");
  }
  // ALPN made the server ask for it; a session of a stranger's must not stand in for it.
  if (!info_.isJoin && !info_.hasCertificate) return close("tls-failed", "no certificate");
  std::vector<uint8_t> early = tls_->takeEarly();
  {
    std::lock_guard<std::mutex> guard(sendLock_);
    isOpen_ = tls_->handOver(&sealer_, &opener_);
  }
  if (!isOpen_) return close("tls-failed", "cipher suite without record layer");
  tls_.reset();
  lastReceivedMs_ = nowMs();
  enter(LinkState::pending);
  Event event{Event::Kind::linkPending};
  event.link = id;
  event.snapshot = std::make_shared<LinkSnapshot>(snapshot());
  plane_.events().push(std::move(event));
  size_t parsed = parseMessages(worker_, early.data(), early.size());
  plainRest_.assign(early.begin() + static_cast<ptrdiff_t>(parsed), early.end());
  receive(worker_, true);
}

void Link::admit(LinkRole role, std::string peer, TransportPolicy transport) {
  LinkState expected = LinkState::pending;
  {
    std::lock_guard<std::mutex> guard(infoLock_);
    info_.peer = std::move(peer);
  }
  role_.store(role, std::memory_order_relaxed);
  bool isStar = role == LinkRole::star;
  transportPolicy_.store(isStar ? TransportPolicy::tcp : transport, std::memory_order_relaxed);
  sinceWallMs_ = wallMs();
  if (!state_.compare_exchange_strong(expected, LinkState::admitted)) return;
  if (transportPolicy() == TransportPolicy::tcp) return;
  auto self = shared_from_this();
  worker_.post([self] { self->offerDatagrams(); });
}

void Link::onTick(uint64_t nowMs, Worker&) {
  uint64_t inState = nowMs > stateSinceMs_ ? nowMs - stateSinceMs_ : 0;
  switch (state()) {
    case LinkState::closed:
      return;
    case LinkState::connecting:
      if (inState > kConnectTimeoutMs) close("connect-failed", "no answer within 2.5 s");
      return;
    case LinkState::handshake:
      if (inState > kHandshakeTimeoutMs) close("tls-failed", "no TLS handshake within 5 s");
      return;
    case LinkState::pending:
    case LinkState::admitted:
      break;
  }
  if (closeAtMs_ != 0) {
    bool isDone = false;
    {
      std::lock_guard<std::mutex> guard(sendLock_);
      isDone = isIdleToSend();
    }
    if (isDone || nowMs >= closeAtMs_) close("closed-here", closeReason_);
    return;
  }
  if (nowMs > lastReceivedMs_ + kDeadPeerMs) {
    return close("dead-peer", "nothing heard for " + std::to_string(kDeadPeerMs) + " ms");
  }
  tickDatagrams(nowMs);
  SegmentFigures tcp;
  {
    std::lock_guard<std::mutex> guard(sendLock_);
    tuner_.onTick(fd_);
    tcp = tuner_.figures();
    tickFigures(nowNs());
    noteProbe();
  }
  if (role() == LinkRole::fastPath) watchStall(nowMs, tcp);
  // One end's pings and the other's answers tell both that the other is there.
  bool isPinged = nowMs < lastPingedMs_ + kKeepaliveMs + 2 * Worker::kTickMs;
  if (info_.isJoin || nowMs < lastPingMs_ + (isPinged ? kPingedKeepaliveMs : kKeepaliveMs)) return;
  sendPing();
  auto watched = capture.get();
  if (watched && watched->isClosed()) capture.set(nullptr);
}

void Link::sendPing() {
  lastPingMs_ = nowMs();
  uint64_t stamp = nowNs();
  sendMessage(MessageType::ping, reinterpret_cast<uint8_t*>(&stamp), sizeof stamp);
  stall_.pinged(stamp);
}

void Link::closeSoon(std::string reason) {
  auto self = shared_from_this();
  worker_.post([self, reason = std::move(reason)] {
    if (self->state() == LinkState::closed) return;
    bool isIdle = true;
    {
      std::lock_guard<std::mutex> guard(self->sendLock_);
      isIdle = self->isIdleToSend();
    }
    if (isIdle) return self->close("closed-here", reason);
    self->closeReason_ = reason;
    self->closeAtMs_ = nowMs() + kLingerMs;
  });
}

// The reason by value: callers pass texts of members that end here.
void Link::close(const char* code, std::string reason) {
  if (state() == LinkState::closed) return;
  bool wasPending = state() == LinkState::pending || state() == LinkState::admitted;
  enter(LinkState::closed);
  endDatagrams();
  {
    std::lock_guard<std::mutex> guard(sendLock_);
    if (isOpen_ && sealed_.empty()) {
      // RFC 8446 section 6: close_notify, or why the stream cannot be trusted any more.
      const uint8_t closeNotify[2] = {1, 0};
      const uint8_t decodeError[2] = {2, 50};
      bool isFault = strcmp(code, "protocol") == 0;
      uint8_t record[64];
      size_t length =
          sealer_.sealOne(ContentType::alert, isFault ? decodeError : closeNotify, 2, record);
      ssize_t sent = send(fd_, record, length, MSG_DONTWAIT | MSG_NOSIGNAL);
      (void)sent;  // a peer that cannot take it sees the socket close
    }
    isOpen_ = false;
    if (queue_.frames() > 0) drops.add(Drop::linkClosed, queue_.frames());
    queue_.clear();
    control_.clear();
    controlBytes_ = 0;
    sealed_.clear();
    worker_.remove(fd_);
    ::close(fd_);
    fd_ = -1;
  }
  tls_.reset();
  plane_.linkClosed(*this, code, reason, wasPending);
}

LinkSnapshot Link::snapshot() {
  LinkSnapshot shot;
  {
    std::lock_guard<std::mutex> guard(infoLock_);
    shot = info_;
  }
  shot.state = state();
  shot.role = role();
  shot.isOffloaded = isOffloaded();
  shot.isStalled = isStalled();
  shot.sinceMs = sinceWallMs_;
  shot.rttNs = rttNs_;
  shot.rxFrames = traffic.rxFrames;
  shot.rxBytes = traffic.rxBytes;
  shot.txFrames = traffic.txFrames;
  shot.txBytes = traffic.txBytes;
  for (size_t i = 0; i < kDropCount; i++) shot.drops[i] = drops.counts[i];
  std::lock_guard<std::mutex> guard(sendLock_);
  shot.queuedBytes = queue_.bytes() + controlBytes_ + sealed_.size() - sealedSent_;
  if (datagrams_) {
    datagrams_->describe(&shot.datagram);
    shot.isUdp = datagrams_->isChosen();
    shot.transportReason = datagrams_->reason();
    shot.queuedBytes += datagrams_->queuedBytes();
  }
  tcp_info tcp{};
  socklen_t length = sizeof tcp;
  if (fd_ >= 0 && getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &tcp, &length) == 0) {
    shot.hasTcpInfo = true;
    shot.tcpRttUs = tcp.tcpi_rtt;
    shot.retransmits = tcp.tcpi_total_retrans;
    shot.deliveryRate = tcp.tcpi_delivery_rate;
  }
  return shot;
}

}  // namespace vnet
