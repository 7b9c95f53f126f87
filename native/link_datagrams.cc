// How a link comes to its UDP way, and loses it:
//  1. established  both prefaces offer it: secrets are taken from the TLS session
//  2. admit        as a fast path whose policy is not `tcp`: each end offers a number of its own
//  3. both offers  the end that dialled begins to probe (datagram_path.h)
//  4. the path answers: frames go there if that is the better way (transport_choice.h); it falls
//     silent: they go by TLS again, at once
#include <sys/socket.h>

#include "link.h"
#include "plane.h"

namespace vnet {

void Link::offerDatagrams() {
  if (state() != LinkState::admitted || datagrams_) return;
  bool isRequired = transportPolicy() == TransportPolicy::udp;
  if (!isDatagramAgreed_) {
    if (isRequired) close("udp-blocked", "UDP is required here, and the peer does not offer it");
    return;
  }
  auto path = plane_.makeDatagramPath(*this, sendLock_);
  uint32_t receiver = path->receiver();
  if (!path->init(datagramSecrets_)) return close("tls-failed", "no keys for datagrams");
  {
    std::lock_guard<std::mutex> guard(sendLock_);
    datagrams_ = std::move(path);
  }
  uint8_t offer[kDatagramOfferBytes] = {};
  for (int i = 0; i < 4; i++) offer[i] = static_cast<uint8_t>(receiver >> (24 - 8 * i));
  sendMessage(MessageType::datagramOffer, offer, sizeof offer);
  startDatagrams();
}

/** False: the link is closed now. */
bool Link::takeOffer(const uint8_t* payload) {
  if (!isDatagramAgreed_ || peerReceiver_ != 0) {
    close("protocol", "an offer of datagrams that was not agreed on");
    return false;
  }
  for (int i = 0; i < 4; i++) peerReceiver_ = peerReceiver_ << 8 | payload[i];
  startDatagrams();
  return true;
}

/** Once both ends have offered. */
void Link::startDatagrams() {
  if (!datagrams_ || peerReceiver_ == 0) return;
  sockaddr_storage local{}, remote{};
  socklen_t localLength = sizeof local, remoteLength = sizeof remote;
  getsockname(fd_, reinterpret_cast<sockaddr*>(&local), &localLength);
  getpeername(fd_, reinterpret_cast<sockaddr*>(&remote), &remoteLength);
  datagrams_->start(peerReceiver_, local, isDialled_ ? &remote : nullptr);
}

void Link::tickDatagrams(uint64_t nowMs) {
  bool isRequired = state() == LinkState::admitted && transportPolicy() == TransportPolicy::udp;
  if (datagrams_) {
    datagrams_->tick(nowMs * 1000000, tuner_.figures());
    uint64_t since = datagrams_->downSinceMs();
    if (isRequired && since != 0 && nowMs > since + kUdpRequiredMs) {
      close("udp-blocked", "UDP is required here, and does not pass");
    }
  }
}

// How it was goes into the event that tells of the link's end.
void Link::endDatagrams() {
  std::shared_ptr<DatagramPath> path;
  DatagramSnapshot last;
  {
    std::lock_guard<std::mutex> guard(sendLock_);
    path.swap(datagrams_);
    if (path) path->describe(&last);
  }
  if (!path) return;
  {
    std::lock_guard<std::mutex> guard(infoLock_);
    info_.datagram = std::move(last);
  }
  path->close();
  plane_.forgetReceiver(path->receiver());
}

void Link::transportChanged(bool isUdp, std::string reason) {
  Event event{Event::Kind::linkTransport};
  event.link = id;
  event.code = isUdp ? "udp" : "tcp";
  event.text = std::move(reason);
  event.snapshot = std::make_shared<LinkSnapshot>(snapshot());
  plane_.events().push(std::move(event));
}

void Link::datagramArrived(std::vector<uint8_t> bytes, const sockaddr_storage& from) {
  routedDatagrams--;
  if (datagrams_) datagrams_->arrivedElsewhere(bytes.data(), bytes.size(), from);
}

}  // namespace vnet
