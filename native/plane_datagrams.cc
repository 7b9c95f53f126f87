// Which link a datagram is for: every link with a UDP way has a random number in this daemon.
#include <netinet/in.h>
#include <openssl/rand.h>

#include "datagram_listener.h"
#include "datagram_path.h"
#include "plane.h"

namespace vnet {

/** On their way to one link at once; a flood of forgeries costs no more than this. */
static constexpr uint32_t kRoutedMax = 256;

std::string Plane::listenForDatagrams(sockaddr_storage where, socklen_t length, uint16_t port) {
  if (where.ss_family == AF_INET) {
    reinterpret_cast<sockaddr_in&>(where).sin_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in6&>(where).sin6_port = htons(port);
  }
  auto listener = std::make_shared<DatagramListener>(*this);
  std::string error = listener->open(where, length);
  if (!error.empty()) return error;
  services_.push_back(listener);
  hasDatagramPort_ = true;
  Worker& worker = *workers_[0];
  worker.post([listener, &worker] { listener->attach(worker); });
  return "";
}

std::shared_ptr<DatagramPath> Plane::makeDatagramPath(Link& link, std::mutex& sendLock) {
  std::lock_guard<std::mutex> guard(receiversLock_);
  uint32_t receiver = 0;
  while (receiver == 0 || receivers_.count(receiver) > 0) {
    RAND_bytes(reinterpret_cast<uint8_t*>(&receiver), sizeof receiver);
  }
  receivers_[receiver] = link.weak_from_this();
  return std::make_shared<DatagramPath>(*this, link, sendLock, receiver);
}

void Plane::forgetReceiver(uint32_t receiver) {
  std::lock_guard<std::mutex> guard(receiversLock_);
  receivers_.erase(receiver);
}

void Plane::routeDatagram(uint32_t receiver, const uint8_t* bytes, size_t length,
                          const sockaddr_storage& from) {
  std::shared_ptr<Link> link;
  {
    std::lock_guard<std::mutex> guard(receiversLock_);
    auto found = receivers_.find(receiver);
    if (found != receivers_.end()) link = found->second.lock();
  }
  if (!link) {
    strayDatagrams++;
    return;
  }
  if (link->routedDatagrams >= kRoutedMax) return link->drops.add(Drop::datagramRejected);
  link->routedDatagrams++;
  link->worker().post([link, copy = std::vector<uint8_t>(bytes, bytes + length), from]() mutable {
    link->datagramArrived(std::move(copy), from);
  });
}

}  // namespace vnet
