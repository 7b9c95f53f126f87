// The loop: wait, tasks, ready handlers, those that asked for another turn, tick.
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace vnet {

Worker::Worker(uint32_t index) : index(index) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
  cipher_.resize(kCipherBytes);
  plain_.resize(kPlainBytes);
  segment_.resize(kSegmentBytes);
}

Worker::~Worker() {
  stop();
  closeDescriptors();
}

void Worker::closeDescriptors() {
  std::deque<std::function<void()>> left;
  std::lock_guard<std::mutex> guard(lock_);
  if (wake_ < 0) return;
  close(wake_);
  close(epoll_);
  wake_ = epoll_ = -1;
  left.swap(tasks_);
}

void Worker::start(bool isPrioritised) {
  thread_ = std::thread([this, isPrioritised] { run(isPrioritised); });
  std::string name = "vnet-worker-" + std::to_string(index);
  pthread_setname_np(thread_.native_handle(), name.c_str());
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  post([this] { isStopping_ = true; });
  thread_.join();
  closeDescriptors();
}

void Worker::post(std::function<void()> task) {
  std::lock_guard<std::mutex> guard(lock_);
  if (wake_ < 0) return;  // ended: what the task holds is let go here
  tasks_.push_back(std::move(task));
  uint64_t one = 1;
  ssize_t written = write(wake_, &one, sizeof one);
  (void)written;  // full means that the loop is woken already
}

bool Worker::add(int fd, std::shared_ptr<Handler> handler, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return false;
  handlers_[fd] = std::move(handler);
  return true;
}

void Worker::remove(int fd) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  handlers_.erase(fd);
  for (auto& entry : pending_) {
    if (entry.first == fd) entry.first = -1;
  }
}

void Worker::watch(int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Worker::again(int fd, uint32_t events) { pending_.emplace_back(fd, events); }

void Worker::readClock() {
  turnNs = nowNs();
  turnMs = turnNs / 1000000;
}

void Worker::dispatch(int fd, uint32_t events) {
  auto found = handlers_.find(fd);
  if (found == handlers_.end()) return;
  std::shared_ptr<Handler> handler = found->second;  // it may remove itself
  handler->onReady(events, *this);
}

void Worker::run(bool isPrioritised) {
  epoll_event events[64];
  uint64_t nextTickMs = nowMs() + kTickMs;
  prctl(PR_SET_TIMERSLACK, 1);  // rest() is shorter than the 50 µs that are usual
  if (isPrioritised) raisePriority();
  while (!isStopping_) {
    bool isResting = pending_.empty();
    if (isResting) rest();
    int64_t untilTick = static_cast<int64_t>(nextTickMs) - static_cast<int64_t>(nowMs());
    int timeout = !pending_.empty() || untilTick < 0 ? 0 : static_cast<int>(untilTick);
    uint64_t beforeNs = nowNs();
    int count = epoll_wait(epoll_, events, 64, timeout);
    readClock();
    if (isResting) limiter_.waited(turnNs - beforeNs);
    auto again = std::exchange(pending_, {});
    for (int i = 0; i < count; i++) {
      if (events[i].data.fd == wake_) {
        runTasks();
      } else {
        dispatch(events[i].data.fd, events[i].events);
      }
    }
    for (auto& [fd, what] : again) {
      if (fd >= 0) dispatch(fd, what);
    }
    if (turnMs >= nextTickMs) {
      tick();
      nextTickMs = turnMs + kTickMs;
    }
  }
  runTasks();
  handlers_.clear();
}

void Worker::rest() {
  uint64_t waitNs = limiter_.take(nowNs());
  if (waitNs == 0) return;
  timespec shortly{0, static_cast<long>(waitNs)};
  nanosleep(&shortly, nullptr);
}

void Worker::runTasks() {
  uint64_t count;
  ssize_t n = read(wake_, &count, sizeof count);
  (void)n;  // nothing to read: woken by stop
  std::deque<std::function<void()>> tasks;
  {
    std::lock_guard<std::mutex> guard(lock_);
    tasks.swap(tasks_);
  }
  for (auto& task : tasks) task();
}

void Worker::tick() {
  std::vector<std::shared_ptr<Handler>> all;
  all.reserve(handlers_.size());
  for (auto& entry : handlers_) all.push_back(entry.second);
  for (auto& handler : all) handler->onTick(turnMs, *this);
  if (onEveryTick) onEveryTick(turnMs);
}

}  // namespace vnet
