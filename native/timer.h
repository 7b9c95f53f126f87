// A timer on a worker's loop, in nanoseconds (timerfd_create(2)), for what cannot wait for a tick.
#pragma once

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <functional>
#include <memory>

#include "worker.h"

namespace vnet {

class Timer : public Handler, public std::enable_shared_from_this<Timer> {
 public:
  explicit Timer(std::function<void(Worker&)> onDue) : onDue_(std::move(onDue)) {
    fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  }
  ~Timer() override {
    if (fd_ >= 0) close(fd_);
  }

  // On the worker's thread:
  void attach(Worker& worker) { worker.add(fd_, shared_from_this(), EPOLLIN); }
  /** Afterwards nothing is called any more. */
  void detach(Worker& worker) {
    worker.remove(fd_);
    onDue_ = nullptr;
  }
  /** At a monotonic time; replaces what was set. UINT64_MAX: never. */
  void set(uint64_t atNs) {
    if (atNs == atNs_) return;
    atNs_ = atNs;
    itimerspec when{};
    if (atNs != UINT64_MAX) {
      when.it_value.tv_sec = static_cast<time_t>(atNs / 1000000000u);
      when.it_value.tv_nsec = static_cast<long>(atNs % 1000000000u) | 1;  // zero would disarm
    }
    timerfd_settime(fd_, TFD_TIMER_ABSTIME, &when, nullptr);
  }
  void onReady(uint32_t, Worker& worker) override {
    uint64_t expirations;
    if (read(fd_, &expirations, sizeof expirations) < 0) return;
    atNs_ = UINT64_MAX;
    if (onDue_) onDue_(worker);
  }

 private:
  int fd_ = -1;
  uint64_t atNs_ = UINT64_MAX;
  std::function<void(Worker&)> onDue_;
};

}  // namespace vnet
