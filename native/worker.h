// A thread that moves frames: an epoll loop over ports and links. Handlers are added and removed on
// the thread itself, other threads post tasks. A tick every kTickMs drives time-outs.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common.h"
#include "frame.h"
#include "pair_counter.h"
#include "priority.h"
#include "turn_limiter.h"

namespace vnet {

class Worker;

class Handler {
 public:
  virtual ~Handler() = default;
  virtual void onReady(uint32_t events, Worker& worker) = 0;
  virtual void onTick(uint64_t, Worker&) {}
};

class Worker {
 public:
  static constexpr int kTickMs = 100;
  /**
   * Read from a socket in one go: with the plain text of it, it stays in a core's second-level
   * cache until it is sent on.
   */
  static constexpr size_t kReadBytes = 131072;
  /** Work per turn of one handler, so that others get theirs. */
  static constexpr size_t kTurnBytes = 524288;

  explicit Worker(uint32_t index);
  ~Worker();

  /** `isPrioritised`: run before ordinary programs, where that is allowed (priority.h). */
  void start(bool isPrioritised);
  /** Ends the loop after the tasks posted so far; joins. */
  void stop();
  void post(std::function<void()> task);
  bool isCurrent() const { return std::this_thread::get_id() == thread_.get_id(); }

  // On the worker's own thread:
  bool add(int fd, std::shared_ptr<Handler> handler, uint32_t events);
  void remove(int fd);
  /** Other events for a descriptor that is there. Any thread. */
  void watch(int fd, uint32_t events);
  /** Calls the handler of `fd` again with `events`, after the others had their turn. */
  void again(int fd, uint32_t events);

  /** Time of the current turn. */
  uint64_t turnMs = 0;
  uint64_t turnNs = 0;
  PairCounter pairs;
  /** Set before start(): called with the time at each tick. */
  std::function<void(uint64_t)> onEveryTick;
  const uint32_t index;

  /** Scratch space, valid within one turn of a handler. */
  uint8_t* cipherBuffer() { return cipher_.data(); }
  uint8_t* plainBuffer() { return plain_.data(); }
  uint8_t* segmentBuffer() { return segment_.data(); }
  static constexpr size_t kCipherBytes = kReadBytes + 32768;
  static constexpr size_t kPlainBytes = kReadBytes + 2 * kMessageBytesMax + 65536;
  static constexpr size_t kSegmentBytes = 2 * kMessageBytesMax;

 private:
  int epoll_ = -1;
  int wake_ = -1;
  bool isStopping_ = false;
  std::thread thread_;
  std::mutex lock_;
  std::deque<std::function<void()>> tasks_;
  std::unordered_map<int, std::shared_ptr<Handler>> handlers_;
  std::vector<std::pair<int, uint32_t>> pending_;
  std::vector<uint8_t> cipher_, plain_, segment_;
  TurnLimiter limiter_;

  void run(bool isPrioritised);
  void closeDescriptors();
  void runTasks();
  void rest();
  void dispatch(int fd, uint32_t events);
  void tick();
  void readClock();
};

}  // namespace vnet
