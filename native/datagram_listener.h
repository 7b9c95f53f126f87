// The UDP socket beside a daemon's listening TCP port, with the same number. It takes the first
// datagrams of each peer, and those of a peer whose address changed; a link's own socket, connected
// to its peer, takes all others. Nothing is answered here: a link is asked, and must find the
// datagram authentic first.
#pragma once

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "datagram.h"
#include "plane.h"

namespace vnet {

class DatagramListener : public Handler, public std::enable_shared_from_this<DatagramListener> {
 public:
  explicit DatagramListener(Plane& plane) : plane_(plane) {}
  ~DatagramListener() override {
    if (fd_ >= 0) close(fd_);
  }

  /** Empty, or why not. */
  std::string open(const sockaddr_storage& where, socklen_t length) {
    fd_ = socket(where.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return strerror(errno);
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&where), length) != 0) {
      return strerror(errno);  // before sharing the port with links: another program has it
    }
    int on = 1;
    setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return "";
  }

  void attach(Worker& worker) { worker.add(fd_, shared_from_this(), EPOLLIN | EPOLLET); }

  void onReady(uint32_t, Worker& worker) override {
    for (int i = 0; i < kDatagramsPerTurn; i++) {
      sockaddr_storage from{};
      socklen_t length = sizeof from;
      ssize_t n = recvfrom(fd_, worker.cipherBuffer(), 65536, MSG_DONTWAIT,
                           reinterpret_cast<sockaddr*>(&from), &length);
      if (n < 0 && errno == EAGAIN) return;
      if (n < 0) continue;
      uint32_t receiver = 0;
      size_t bytes = static_cast<size_t>(n);
      if (!DatagramOpener::peek(worker.cipherBuffer(), bytes, &receiver)) {
        plane_.strayDatagrams++;
        continue;
      }
      plane_.routeDatagram(receiver, worker.cipherBuffer(), bytes, from);
    }
    worker.again(fd_, EPOLLIN);
  }

 private:
  static constexpr int kDatagramsPerTurn = 256;

  Plane& plane_;
  int fd_ = -1;
};

}  // namespace vnet
