// The links of one process: reads packets from the TAP devices into the pipes, and writes those
// that are due to the other end. One thread, woken by epoll for packets and by one timer for the
// first due time. Errors come back as text, empty on success.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipe.h"
#include "settings.h"

namespace vnet::emulator {

/** Most links of one process: each costs two devices and a look at each due time. */
constexpr size_t kLinksMax = 256;

/** Something that epoll wakes; `ready` may be called when nothing is there. */
struct Watcher {
  virtual ~Watcher() = default;
  virtual void ready(uint32_t events) = 0;
};

class Emulator {
 public:
  /** @param epoll borrowed; carries a `Watcher*` in each event's data. */
  Emulator(int epoll, uint64_t seed);
  ~Emulator();
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

  /** Empty, or why the timer could not be made. */
  const std::string& error() const { return error_; }

  std::string add(const std::string& name, const LinkSettings& settings);
  std::string set(const std::string& name, const std::vector<std::string>& words, size_t first);
  std::string setUp(const std::string& name, bool isUp);
  std::string remove(const std::string& name);
  /** One line of JSON about one link, or all with an empty name. */
  std::string stats(const std::string& name, std::string* json) const;

  /** Writes what is due and sets the timer for the next; for after each round of events. */
  void deliver();

 private:
  struct Link;
  struct End;
  void read(End& end);
  uint64_t turnNs() const;
  void deliverDue(uint64_t nowNs);
  void breakLink(Link& link);
  Link* find(const std::string& name, std::string* error) const;

  int epoll_;
  int timer_ = -1;
  uint64_t seed_;
  std::string error_;
  std::map<std::string, std::unique_ptr<Link>> links_;
  uint64_t nextNs_ = kNever;   // not later than the first due time of all pipes
  uint64_t deliveredNs_ = 0;   // when due packets were looked for last
  uint64_t armedNs_ = kNever;  // what the timer is set to
  // Removed in this round of events, of which some may still point at them.
  std::vector<std::unique_ptr<Link>> removed_;
  std::unique_ptr<Watcher> timerWatcher_;
};

/** CLOCK_MONOTONIC in ns. */
uint64_t monotonicNs();

}  // namespace vnet::emulator
