// See emulator.h.
#include "emulator.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "../device.h"
#include "tap_pair.h"

namespace vnet::emulator {

// Packets read from one device before others and what is due get their turn: some 50 us.
static constexpr int kReadBatch = 32;
// Largest packet of a TAP device: its largest MTU with the Ethernet header and a VLAN tag.
static constexpr size_t kPacketBytesMax = 65536 + 64;
// Shortest time between two looks for due packets: those due within it leave together, so that fast
// links do not cost a look a packet. A quarter of what the delay may be off.
static constexpr uint64_t kGrainNs = 50'000;

uint64_t monotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

struct Emulator::End : Watcher {
  Emulator& emulator;
  Link& link;
  int side;  // 0 = a, 1 = b; also the direction of the pipe that it feeds
  int fd = -1;
  End(Emulator& owner, Link& of, int which) : emulator(owner), link(of), side(which) {}
  ~End() override { end(); }
  void end() {
    if (fd >= 0) close(fd);
    fd = -1;
  }
  void ready(uint32_t) override {
    if (fd >= 0) emulator.read(*this);
  }
};

struct Emulator::Link {
  std::string name;
  LinkSettings settings;
  bool isUp = true;
  bool isBroken = false;  // a device is gone, with its namespace for instance
  End ends[2];
  Pipe pipes[2];
  uint64_t unwritten[2] = {0, 0};  // packets that the device at the far end did not take
  Link(Emulator& owner, const std::string& called, uint64_t seed)
      : name(called),
        ends{{owner, *this, 0}, {owner, *this, 1}},
        pipes{Pipe(seed), Pipe(seed + 1)} {}
};

namespace {
/** The timer only wakes: `deliver` is called after each round anyway. */
struct TimerWatcher : Watcher {
  void ready(uint32_t) override {}
};

/** FNV-1a: the same name and seed give the same chance in each run. */
uint64_t hashOf(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}
}  // namespace

Emulator::Emulator(int epoll, uint64_t seed)
    : epoll_(epoll), seed_(seed), timerWatcher_(new TimerWatcher) {
  timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;  // a new time clears the old: no read needed
  event.data.ptr = timerWatcher_.get();
  if (timer_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &event) != 0) {
    error_ = errnoText("cannot make", "timer");
  }
}

Emulator::~Emulator() {
  links_.clear();
  if (timer_ >= 0) close(timer_);
}

std::string Emulator::add(const std::string& name, const LinkSettings& settings) {
  if (links_.count(name)) return "link '" + name + "' exists already";
  if (links_.size() >= kLinksMax) return "no more than 256 links in one process";
  auto link = std::make_unique<Link>(*this, name, (seed_ ^ hashOf(name)) * 2);
  link->settings = settings;
  uint64_t nowNs = monotonicNs();
  for (int side = 0; side < 2; side++) {
    link->pipes[side].configure(settings.pipes[side], nowNs);
    End& end = link->ends[side];
    std::string error = openTap(settings.ends[side], settings.mtu, &end.fd);
    if (!error.empty()) return error;
  }
  for (End& end : link->ends) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = static_cast<Watcher*>(&end);
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, end.fd, &event) != 0) {
      return errnoText("cannot watch", settings.ends[end.side].device);
    }
  }
  links_.emplace(name, std::move(link));
  return "";
}

Emulator::Link* Emulator::find(const std::string& name, std::string* error) const {
  auto found = links_.find(name);
  if (found != links_.end()) return found->second.get();
  *error = "no link '" + name + "'";
  return nullptr;
}

std::string Emulator::set(const std::string& name, const std::vector<std::string>& words,
                          size_t first) {
  std::string error;
  Link* link = find(name, &error);
  if (link == nullptr) return error;
  LinkSettings settings = link->settings;
  error = readSettings(words, first, false, &settings);
  if (!error.empty()) return error;
  link->settings = settings;
  for (int side = 0; side < 2; side++) {
    link->pipes[side].configure(settings.pipes[side], monotonicNs());
    nextNs_ = std::min(nextNs_, link->pipes[side].nextNs());
  }
  return "";
}

std::string Emulator::setUp(const std::string& name, bool isUp) {
  std::string error;
  Link* link = find(name, &error);
  if (link == nullptr) return error;
  if (link->isBroken) return "link '" + name + "' lost a device; remove and add it";
  link->isUp = isUp;
  for (Pipe& pipe : link->pipes) pipe.setUp(isUp, monotonicNs());
  return "";
}

std::string Emulator::remove(const std::string& name) {
  auto found = links_.find(name);
  if (found == links_.end()) return "no link '" + name + "'";
  for (End& end : found->second->ends) end.end();
  removed_.push_back(std::move(found->second));
  links_.erase(found);
  return "";
}

void Emulator::read(End& end) {
  static uint8_t buffer[kPacketBytesMax];
  Link& link = end.link;
  Pipe& pipe = link.pipes[end.side];
  for (int i = 0; i < kReadBatch; i++) {
    ssize_t size = ::read(end.fd, buffer, sizeof buffer);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) breakLink(link);
      break;
    }
    if (size > 0) pipe.push(buffer, static_cast<uint32_t>(size), monotonicNs());
  }
  nextNs_ = std::min(nextNs_, pipe.nextNs());
  uint64_t nowNs = monotonicNs();
  if (nowNs >= turnNs()) deliverDue(nowNs);
}

/** Both devices are watched no more, or epoll would report the gone one for ever. */
void Emulator::breakLink(Link& link) {
  if (link.isBroken) return;
  link.isBroken = true;
  for (int side = 0; side < 2; side++) {
    epoll_ctl(epoll_, EPOLL_CTL_DEL, link.ends[side].fd, nullptr);
    link.pipes[side].setUp(false, monotonicNs());
  }
  fprintf(stderr, "vnet-wan: link '%s' lost a device and carries nothing more\n",
          link.name.c_str());
}

/** When to look for due packets: as soon as there is one, but not twice within the grain. */
uint64_t Emulator::turnNs() const {
  return nextNs_ == kNever ? kNever : std::max(nextNs_, deliveredNs_ + kGrainNs);
}

void Emulator::deliverDue(uint64_t nowNs) {
  deliveredNs_ = nowNs;
  nextNs_ = kNever;
  for (auto& [name, link] : links_) {
    for (int side = 0; side < 2; side++) {
      Pipe& pipe = link->pipes[side];
      for (;;) {
        PacketView packet = pipe.front(nowNs);
        if (packet.bytes == nullptr) break;
        if (write(link->ends[1 - side].fd, packet.bytes, packet.size) < 0) link->unwritten[side]++;
        pipe.pop(nowNs);
      }
      nextNs_ = std::min(nextNs_, pipe.nextNs());
    }
  }
}

void Emulator::deliver() {
  removed_.clear();
  uint64_t nowNs = monotonicNs();
  if (nowNs >= turnNs()) deliverDue(nowNs);
  if (nextNs_ == kNever) return;
  // A timer set for earlier does no harm: it wakes once too often, but saves a call a packet.
  bool isArmed = armedNs_ > nowNs && armedNs_ <= turnNs();
  if (isArmed) return;
  armedNs_ = turnNs();
  itimerspec spec{};
  spec.it_value.tv_sec = static_cast<time_t>(armedNs_ / 1'000'000'000);
  spec.it_value.tv_nsec = static_cast<long>(armedNs_ % 1'000'000'000);
  timerfd_settime(timer_, TFD_TIMER_ABSTIME, &spec, nullptr);
}

static std::string settingsJson(const PipeSettings& settings) {
  char text[256];
  snprintf(text, sizeof text,
           "\"rateBitsPerSecond\":%llu,\"delayMs\":%.6f,\"jitterMs\":%.6f,\"lossShare\":%.9f,"
           "\"lossBurst\":%.3f",
           (unsigned long long)settings.rateBitsPerSecond, settings.delayNs / 1e6,
           settings.jitterNs / 1e6, settings.lossShare, settings.lossBurst);
  return text;
}

static std::string pipeJson(const Pipe& pipe, uint64_t unwritten, uint64_t nowNs) {
  const PipeCounters& c = pipe.counters();
  char text[512];
  snprintf(text, sizeof text,
           ",\"inPackets\":%llu,\"inBytes\":%llu,\"outPackets\":%llu,\"outBytes\":%llu,"
           "\"lostPackets\":%llu,\"droppedPackets\":%llu,\"cutPackets\":%llu,"
           "\"unwrittenPackets\":%llu,\"heldPackets\":%zu,\"heldBytes\":%zu,"
           "\"backlogMs\":%.3f,\"lateMeanUs\":%.1f,\"lateMaxUs\":%.1f}",
           (unsigned long long)c.inPackets, (unsigned long long)c.inBytes,
           (unsigned long long)c.outPackets, (unsigned long long)c.outBytes,
           (unsigned long long)c.lostPackets, (unsigned long long)c.droppedPackets,
           (unsigned long long)c.cutPackets, (unsigned long long)unwritten, pipe.heldPackets(),
           pipe.heldBytes(), pipe.backlogNs(nowNs) / 1e6,
           c.outPackets ? c.lateNs / 1e3 / c.outPackets : 0.0, c.lateNsMax / 1e3);
  return "{" + settingsJson(pipe.settings()) + text;
}

std::string Emulator::stats(const std::string& name, std::string* json) const {
  if (!name.empty() && !links_.count(name)) return "no link '" + name + "'";
  uint64_t nowNs = monotonicNs();
  std::string text;
  for (const auto& [key, link] : links_) {
    if (!name.empty() && key != name) continue;
    if (!text.empty()) text += ",";
    const char* state = link->isBroken ? "broken" : link->isUp ? "up" : "down";
    text += "{\"name\":\"" + key + "\",\"state\":\"" + state + "\",\"ab\":" +
            pipeJson(link->pipes[0], link->unwritten[0], nowNs) + ",\"ba\":" +
            pipeJson(link->pipes[1], link->unwritten[1], nowNs) + "}";
  }
  *json = "{\"links\":[" + text + "]}";
  return "";
}

}  // namespace vnet::emulator
