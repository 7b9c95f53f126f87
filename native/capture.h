// A copy of the frames of a port or link, written as a pcap file (the classic format, microseconds,
// link type 1) into one end of a socket pair; the program reads the other end. A reader that is too
// slow loses frames, never the data plane.
#pragma once

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <vector>

#include "common.h"

namespace vnet {

class Capture {
 public:
  Capture(int fd, size_t snapBytes) : fd_(fd), snapBytes_(snapBytes) {
    const uint32_t header[6] = {0xa1b2c3d4, 2u | 4u << 16, 0, 0,
                                static_cast<uint32_t>(snapBytes), 1};
    append(header, sizeof header);
  }
  ~Capture() { close(fd_); }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  void write(const uint8_t* frame, size_t length) {
    std::lock_guard<std::mutex> guard(lock_);
    flush();
    if (isClosed_ || !pending_.empty()) return;
    timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    size_t kept = length < snapBytes_ ? length : snapBytes_;
    const uint32_t header[4] = {static_cast<uint32_t>(t.tv_sec),
                                static_cast<uint32_t>(t.tv_nsec / 1000),
                                static_cast<uint32_t>(kept), static_cast<uint32_t>(length)};
    append(header, sizeof header);
    append(frame, kept);
    flush();
  }

  /** True once the reader went away. */
  bool isClosed() {
    std::lock_guard<std::mutex> guard(lock_);
    flush();
    uint8_t probe;
    if (recv(fd_, &probe, 1, MSG_DONTWAIT) == 0) isClosed_ = true;
    return isClosed_;
  }

 private:
  int fd_;
  size_t snapBytes_;
  std::mutex lock_;
  std::vector<uint8_t> pending_;
  bool isClosed_ = false;

  void append(const void* bytes, size_t length) {
    const uint8_t* octets = static_cast<const uint8_t*>(bytes);
    pending_.insert(pending_.end(), octets, octets + length);
  }

  void flush() {
    if (pending_.empty() || isClosed_) return;
    ssize_t n = send(fd_, pending_.data(), pending_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) pending_.erase(pending_.begin(), pending_.begin() + n);
    if (n < 0 && errno != EAGAIN && errno != EINTR) isClosed_ = true;
  }
};

/** The capture of a port or link, if there is one; asking costs one relaxed load. */
class CaptureSlot {
 public:
  void set(std::shared_ptr<Capture> capture) {
    std::lock_guard<std::mutex> guard(lock_);
    isSet_ = capture != nullptr;
    capture_ = std::move(capture);
  }
  void write(const uint8_t* frame, size_t length) {
    if (!isSet_.load(std::memory_order_relaxed)) return;
    std::shared_ptr<Capture> capture = get();
    if (capture) capture->write(frame, length);
  }
  std::shared_ptr<Capture> get() {
    std::lock_guard<std::mutex> guard(lock_);
    return capture_;
  }

 private:
  std::atomic<bool> isSet_{false};
  std::mutex lock_;
  std::shared_ptr<Capture> capture_;
};

}  // namespace vnet
