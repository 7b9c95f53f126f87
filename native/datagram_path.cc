// The way's socket, its probing and its end. What arrives is in datagram_receive.cc, what leaves in
// datagram_sender.cc.
#include "datagram_path.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "forwarder.h"
#include "link.h"
#include "plane.h"

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace vnet {

DatagramPath::DatagramPath(Plane& plane, Link& link, std::mutex& sendLock, uint32_t receiver)
    : plane_(plane),
      link_(link),
      sendLock_(sendLock),
      receiver_(receiver),
      sender_(link.drops, link.droppedPairs()),
      downSinceMs_(nowMs()),
      coalescer_([this](const FrameView& view, uint8_t hops) {
        forwarder_->fromLink(view, hops);
        forwarder_->flushRun();  // the buffer is used again
      }) {}

DatagramPath::~DatagramPath() {
  if (fd_ >= 0) ::close(fd_);
}

bool DatagramPath::init(const DatagramSecrets& secrets) {
  return sender_.init(secrets.cipher, secrets.own) && opener_.init(secrets.cipher, secrets.peers);
}

static bool isIpv4(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) return true;
  auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  return IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
}

static socklen_t sizeOf(const sockaddr_storage& address) {
  return address.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

bool isSameAddress(const sockaddr_storage& a, const sockaddr_storage& b) {
  if (a.ss_family != b.ss_family) return false;
  if (a.ss_family == AF_INET) {
    auto& x = reinterpret_cast<const sockaddr_in&>(a);
    auto& y = reinterpret_cast<const sockaddr_in&>(b);
    return x.sin_port == y.sin_port && x.sin_addr.s_addr == y.sin_addr.s_addr;
  }
  auto& x = reinterpret_cast<const sockaddr_in6&>(a);
  auto& y = reinterpret_cast<const sockaddr_in6&>(b);
  return x.sin6_port == y.sin6_port && memcmp(&x.sin6_addr, &y.sin6_addr, 16) == 0;
}

void DatagramPath::start(uint32_t peerReceiver, const sockaddr_storage& local,
                         const sockaddr_storage* remote) {
  if (isStarted_ || isClosed_) return;
  isStarted_ = true;
  reason_ = TransportReason::noAnswer;
  isDialler_ = remote != nullptr;
  local_ = local;
  {
    std::lock_guard<std::mutex> guard(sendLock_);
    sender_.setPeer(peerReceiver);
  }
  std::weak_ptr<DatagramPath> weak = weak_from_this();
  timer_ = std::make_shared<Timer>([weak](Worker& worker) {
    if (auto self = weak.lock()) self->timerDue(worker);
  });
  timer_->attach(link_.worker());
  if (!remote) return;
  // The end that dials takes any port; what comes back finds it by the addresses.
  auto& port = local_.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(local_).sin_port
                                           : reinterpret_cast<sockaddr_in6&>(local_).sin6_port;
  port = 0;
  if (openSocket(*remote)) sendProbes(nowNs());
}

/** A socket to `remote` in place of the one there is. */
bool DatagramPath::openSocket(const sockaddr_storage& remote) {
  int fd = socket(remote.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  int on = 1, probe = IP_PMTUDISC_PROBE, probe6 = IPV6_PMTUDISC_PROBE;
  int receiveBytes = kReceiveBufferBytes, sendBytes = kSendBufferBytes;
  // The listening socket has the same port; this one is the closer match for its peer.
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // Sizes are found by probing; the kernel must neither fragment nor believe ICMP.
  setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof probe);
  setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe6, sizeof probe6);
  setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receiveBytes, sizeof receiveBytes) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receiveBytes, sizeof receiveBytes);
  }
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sendBytes, sizeof sendBytes);
  bool isOpen =
      bind(fd, reinterpret_cast<const sockaddr*>(&local_), sizeOf(local_)) == 0 &&
      connect(fd, reinterpret_cast<const sockaddr*>(&remote), sizeOf(remote)) == 0;
  if (!isOpen) {
    ::close(fd);
    return false;
  }
  closeSocket();
  int mtu = 1500;
  socklen_t length = sizeof mtu;
  bool is4 = isIpv4(remote);
  getsockopt(fd, is4 ? IPPROTO_IP : IPPROTO_IPV6, is4 ? IP_MTU : IPV6_MTU, &mtu, &length);
  if (!probe_) probe_ = std::make_unique<PathProbe>(!is4, static_cast<size_t>(mtu));
  {
    std::lock_guard<std::mutex> guard(sendLock_);
    fd_ = fd;
    remote_ = remote;
    sender_.setSocket(fd);
  }
  isWatchingRoom_ = false;
  return link_.worker().add(fd, shared_from_this(), EPOLLIN | EPOLLET);
}

void DatagramPath::closeSocket() {
  if (fd_ < 0) return;
  link_.worker().remove(fd_);
  std::lock_guard<std::mutex> guard(sendLock_);
  ::close(fd_);
  fd_ = -1;
  sender_.setSocket(-1);
}

void DatagramPath::close() {
  isClosed_ = true;
  isUp_ = isChosen_ = false;
  closeSocket();
  if (timer_) timer_->detach(link_.worker());
}

void DatagramPath::onReady(uint32_t events, Worker& worker) {
  if (events & EPOLLOUT) {
    std::lock_guard<std::mutex> guard(sendLock_);
    sender_.onWritable(worker.turnNs);
    watchRoom();
  }
  if (events & (EPOLLIN | EPOLLERR)) receive(worker);
}

// Of the link's tick; the socket's own would come too, and that would be twice.
void DatagramPath::tick(uint64_t nowNs, const SegmentFigures& tls) {
  if (!probe_ || fd_ < 0) return;
  {
    std::lock_guard<std::mutex> guard(sendLock_);
    loss_.note(tls.sent + sender_.sentDatagrams(), tls.again + missed_, nowNs);
  }
  quietRtt_.traffic(link_.traffic.rxBytes + link_.traffic.txBytes, nowNs);
  tlsMinRttNs_ = tls.minRttNs;
  if (sentNs_.load(std::memory_order_relaxed) + 200'000'000 > nowNs) probe_->busy(nowNs);
  sendProbes(nowNs);
  reassembler_.expire(nowNs);
  countGivenUp();
}

void DatagramPath::describe(StallDetector::Signs* out) const {
  if (!probe_) return;
  out->isByUdp = isChosen_;
  out->answeredProbes = probe_->answers();
  out->isProbeOut = isChosen_ && probe_->isProbeOut();
  out->probeRttMs = probe_->rttNs() / 1'000'000;
  out->isTooNarrow = probe_->isTooNarrow();
}

void DatagramPath::giveUp(uint64_t nowNs) {
  if (!probe_) return;
  probe_->giveUp(nowNs);
  sendProbes(nowNs);
}

void DatagramPath::timerDue(Worker& worker) {
  if (isClosed_) return;
  if (probe_ && fd_ >= 0) sendProbes(worker.turnNs);
  Forwarder forwarder(plane_, worker, link_);
  forwarder_ = &forwarder;
  endTurn(worker);
  forwarder_ = nullptr;
}

void DatagramPath::sendProbes(uint64_t nowNs) {
  std::vector<PathProbe::Probe> due;
  probe_->due(nowNs, &due);
  if (!due.empty()) {
    std::lock_guard<std::mutex> guard(sendLock_);
    for (auto& probe : due) {
      std::vector<uint8_t> message(probe.datagramBytes - kDatagramOverheadBytes);
      size_t payload = message.size() - kHeaderBytes;
      writeHeader(message.data(), MessageType::probe, 0, static_cast<uint32_t>(payload));
      uint32_t datagramBytes = static_cast<uint32_t>(probe.datagramBytes);
      writeProbe(message.data() + kHeaderBytes, {probe.id, datagramBytes, nowNs});
      sender_.sendNow(message.data(), message.size());
    }
  }
  notePath(nowNs);
  setTimer();
}

void DatagramPath::setTimer() {
  uint64_t probeNs = probe_ && fd_ >= 0 ? probe_->nextDueNs() : UINT64_MAX;
  timer_->set(std::min(probeNs, gaps_.nextDueNs()));
}

/** Takes over what probing found. */
void DatagramPath::notePath(uint64_t nowNs) {
  bool isUp = probe_->isUp();
  isQueueing_ = probe_->isQueueing();
  rttNs_ = probe_->rttNs();
  minRttNs_ = probe_->minRttNs();
  {
    std::lock_guard<std::mutex> guard(sendLock_);
    sender_.keepForRepair(minRttNs_ > kRepairRttNs);
  }
  if (isUp && probe_->datagramBytes() != datagramBytes_) {
    datagramBytes_ = probe_->datagramBytes();
    std::lock_guard<std::mutex> guard(sendLock_);
    sender_.setDatagramBytes(datagramBytes_);
  }
  if (isUp != isUp_.exchange(isUp)) downSinceMs_ = isUp ? 0 : nowMs();
  chooseTransport(nowNs);
}

/** Tells when frames change their way. */
void DatagramPath::chooseTransport(uint64_t nowNs) {
  bool isRequired = link_.transportPolicy() == TransportPolicy::udp;
  uint64_t leastNs = quietRtt_.leastNs(minRttNs_, tlsMinRttNs_, nowNs);
  TransportChoice::Path path{isUp_, leastNs, probe_->rttSamples(), loss_.isLossy()};
  bool isChange = choice_.decide(path, {isRequired, plane_.datagramsFromRttNs()}, nowNs);
  reason_ = choice_.reason();
  isChosen_ = choice_.isUdp();
  if (isChange) link_.transportChanged(choice_.isUdp(), whyChosen());
}

std::string DatagramPath::whyChosen() const {
  char text[80];
  const char* format = "the path answers";
  switch (reason_) {
    case TransportReason::notAgreed:
    case TransportReason::noAnswer:
    case TransportReason::measuring:
      format = "datagrams are not answered any more";
      break;
    case TransportReason::required:
      break;
    case TransportReason::shortPath:
      format = "a short path, %.1f ms there and back, where TLS is faster";
      break;
    case TransportReason::longPath:
      format = "the path answers, %.1f ms there and back";
      break;
    case TransportReason::lossyPath:
      format = "the path loses packets, which holds up a TLS connection";
      break;
  }
  snprintf(text, sizeof text, format, double(minRttNs_) / 1e6);
  return text;
}

void DatagramPath::describe(DatagramSnapshot* out) const {
  if (!isStarted_ || isClosed_) return;  // the peer has not agreed (yet)
  bool wasUp = datagramBytes_ > 0;
  out->state = isUp_ ? DatagramState::up : wasUp ? DatagramState::down : DatagramState::probing;
  char host[NI_MAXHOST], service[NI_MAXSERV];
  if (fd_ >= 0 && getnameinfo(reinterpret_cast<const sockaddr*>(&remote_), sizeOf(remote_), host,
                              sizeof host, service, sizeof service,
                              NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
    out->remoteAddress = host;
    out->remotePort = static_cast<uint16_t>(atoi(service));
  }
  out->datagramBytes = static_cast<uint32_t>(datagramBytes_);
  out->rttNs = rttNs_;
  out->minRttNs = minRttNs_;
  out->sent = sender_.sentDatagrams();
  out->received = received_;
  out->lost = lost_;
  out->repaired = repaired_;
  out->rejected = rejected_;
}

// A UDP socket tells of room after each datagram that left: a wake-up for nothing while it is not
// full. With the send lock held.
void DatagramPath::watchRoom() {
  if (fd_ < 0 || sender_.isFull() == isWatchingRoom_) return;
  isWatchingRoom_ = sender_.isFull();
  uint32_t events = EPOLLIN | EPOLLET;
  link_.worker().watch(fd_, isWatchingRoom_ ? events | EPOLLOUT : events);
}

void DatagramPath::sendFrames(const uint8_t* wire, size_t length) {
  uint64_t now = nowNs();
  sentNs_.store(now, std::memory_order_relaxed);
  sender_.sendFrames(wire, length, now);
  watchRoom();
}

}  // namespace vnet
