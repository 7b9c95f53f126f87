// The one listening TCP socket of a daemon: accepts, and hands each connection to a new link.
#pragma once

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "plane.h"
#include "socket_tuner.h"

namespace vnet {

class Listener : public Handler, public std::enable_shared_from_this<Listener> {
 public:
  explicit Listener(Plane& plane) : plane_(plane) {}
  ~Listener() override {
    if (fd_ >= 0) close(fd_);
  }

  std::string open(const sockaddr_storage& where, socklen_t length, uint16_t* actualPort) {
    fd_ = makeSocket(where.ss_family);  // accepted ones take after it
    if (fd_ < 0) return strerror(errno);
    int on = 1;
    setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_storage bound = where;
    if (bind(fd_, reinterpret_cast<sockaddr*>(&bound), length) != 0) return strerror(errno);
    if (::listen(fd_, 512) != 0) return strerror(errno);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &length);
    *actualPort = ntohs(bound.ss_family == AF_INET6
                            ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                            : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
    return "";
  }

  void attach(Worker& worker) { worker.add(fd_, shared_from_this(), EPOLLIN | EPOLLET); }

  void onReady(uint32_t, Worker& worker) override {
    isWaiting_ = false;
    for (int i = 0; i < 64; i++) {
      // Those that give way do so on other threads, which may be behind.
      isWaiting_ = plane_.isCrowded();
      if (isWaiting_) return;
      int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) {
        plane_.accepted(fd);
        continue;
      }
      // Out of descriptors or memory: connections wait in the kernel until the next tick.
      isWaiting_ = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      if (errno == EAGAIN || isWaiting_) return;
    }
    worker.again(fd_, EPOLLIN);
  }

  void onTick(uint64_t, Worker& worker) override {
    if (isWaiting_) onReady(EPOLLIN, worker);
  }

 private:
  Plane& plane_;
  int fd_ = -1;
  bool isWaiting_ = false;
};

}  // namespace vnet
