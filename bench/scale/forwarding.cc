// What forwarding a 64-byte frame costs, by the size of the tables. All sizes are set up in one
// process and take turns, so that what the machine does meanwhile hits them alike:
//   forwarding WAY TABLE FLOWS FRAMES ROUNDS ENTRIES...
// prints {"ENTRIES": [nanoseconds of processor time a frame, one figure a round], ...}
// WAY    none   a port to nowhere: the forwarder and its tables, and nothing else
//        link   a port to a TLS link: the same, sealed and sent
//        relay  link to link, as the proxy does: received, opened, forwarded, sealed, sent
//        whole  TAP to TAP: a host, the proxy, which has the rules, and another host together
// TABLE  what ENTRIES are, and by what the frames find their way:
//        macs          MAC addresses, half of them sources, half destinations
//        destinations  the same, and one rule for each destination
//        pairs         the same, and one rule for each of ENTRIES (source, destination) pairs
// FLOWS  pairs that send, of ENTRIES; 0: all, in random order. Each pair is counted at a port.
// FRAMES of each size in each round.
#include "world.h"

using namespace vnet;
using namespace vnet::bench;

namespace {

/** A setup that frames can be sent through, some at a time. */
class Way {
 public:
  virtual ~Way() = default;
  /** Processor time a frame, ns. */
  virtual double send(size_t frames) = 0;
};

class FromPort : public Way {
 public:
  explicit FromPort(const Setup& setup) : pool_(makePool(setup)) {
    port_ = proxy_.plane.findPort(proxy_.plane.addMemory("source"));
    if (setup.way == "none") {
      fill(proxy_.plane, setup, {Location::Kind::port, kNowhere});
      return;
    }
    auto [far, near] = connect(host_, proxy_);
    sink_ = far;
    fill(proxy_.plane, setup, {Location::Kind::link, near->id});
  }
  ~FromPort() override {
    uint64_t counted = 0;
    worker_.pairs.drain([&](const PairKey&, const PairCount& count) { counted += count.frames; });
    CHECK(counted == sent_);
  }
  double send(size_t frames) override {
    uint64_t busyNs = 0, end = sent_ + frames;
    while (sent_ < end) {
      size_t at = sent_ % kPoolFrames;
      size_t batch = std::min({kBatchFrames, kPoolFrames - at, end - sent_});
      uint64_t beganNs = ownCpuNs();
      worker_.turnMs = nowMs();
      forward(pool_.data() + at * kWireBytes, batch);
      busyNs += ownCpuNs() - beganNs;
      sent_ += batch;
      if (sink_) await(sink_->traffic.rxFrames, sent_);
      proxy_.plane.events().take();
    }
    return static_cast<double>(busyNs) / static_cast<double>(frames);
  }

 private:
  Daemon proxy_{"proxy", true}, host_{"host", false};
  std::shared_ptr<Port> port_;
  std::shared_ptr<Link> sink_;  // null: to nowhere
  std::vector<uint8_t> pool_;
  Worker worker_{0};
  uint64_t sent_ = 0;

  void forward(uint8_t* first, size_t frames) {
    for (size_t done = 0; done < frames; done += kTurnFrames) {
      Forwarder forwarder(proxy_.plane, worker_, *port_);
      LookAhead line(forwarder);
      for (size_t i = done; i < std::min(frames, done + kTurnFrames); i++) {
        uint8_t* wire = first + i * kWireBytes;
        line.add({wire, nullptr, wire + kHeaderBytes, kFrameBytes});
      }
    }
  }
};

class Relay : public Way {
 public:
  explicit Relay(const Setup& setup) : pool_(makePool(setup)) {
    auto before = threads();
    proxy_ = std::make_unique<Daemon>("proxy", true);
    for (auto& thread : threads()) {
      if (!before.contains(thread)) worker_ = thread;
    }
    into_ = connect(source_, *proxy_).first;
    auto [far, near] = connect(sink_, *proxy_);
    far_ = far;
    fill(proxy_->plane, setup, {Location::Kind::link, near->id});
  }
  double send(size_t frames) override {
    uint64_t beganNs = cpuNsOf(worker_), end = sent_ + frames;
    while (sent_ < end) {
      size_t at = sent_ % kPoolFrames;
      size_t batch = std::min({kBatchFrames, kPoolFrames - at, end - sent_});
      into_->sendFrames(pool_.data() + at * kWireBytes, batch * kWireBytes);
      sent_ += batch;
      await(far_->traffic.rxFrames, sent_);
      proxy_->plane.events().take();
    }
    return static_cast<double>(cpuNsOf(worker_) - beganNs) / static_cast<double>(frames);
  }

 private:
  Daemon source_{"source", false}, sink_{"sink", false};
  std::unique_ptr<Daemon> proxy_;
  std::string worker_;
  std::shared_ptr<Link> into_, far_;
  std::vector<uint8_t> pool_;
  uint64_t sent_ = 0;
};

class Whole : public Way {
 public:
  explicit Whole(const Setup& setup) : pool_(makePool(setup)) {
    auto before = threads();
    proxy_ = std::make_unique<Daemon>("proxy", true);
    from_ = std::make_unique<Daemon>("from", false);
    to_ = std::make_unique<Daemon>("to", false);
    for (auto& thread : threads()) {
      if (!before.contains(thread)) workers_.push_back(thread);
    }
    std::string number = std::to_string(setup.entries);
    auto toLink = connect(*to_, *proxy_).second;
    addTap(*from_, "in" + number);
    out_ = addTap(*to_, "out" + number);
    connect(*from_, *proxy_);
    fill(proxy_->plane, setup, {Location::Kind::link, toLink->id});
    fillMacs(to_->plane, setup, {Location::Kind::port, out_->id});
    guest_ = std::make_unique<Guest>("in" + number);
    // What the kernel sends by itself when a device comes up is let through first.
    usleep(100000);
    first_ = out_->traffic.txFrames;
  }
  double send(size_t frames) override {
    uint64_t beganNs = cpuNs(), before = sent_;
    while (sent_ < before + frames) {
      size_t at = sent_ % kPoolFrames;
      guest_->send(pool_.data() + at * kWireBytes, kTurnFrames);
      sent_ += kTurnFrames;
      uint64_t underWay = std::min(sent_ - before, uint64_t{kTapWindowFrames - kTurnFrames});
      await(out_->traffic.txFrames, first_ + sent_ - underWay);
      for (auto* daemon : {&proxy_, &from_, &to_}) (*daemon)->plane.events().take();
    }
    await(out_->traffic.txFrames, first_ + sent_);
    return static_cast<double>(cpuNs() - beganNs) / static_cast<double>(sent_ - before);
  }

 private:
  std::unique_ptr<Daemon> proxy_, from_, to_;
  std::vector<std::string> workers_;
  std::shared_ptr<Port> out_;
  std::unique_ptr<Guest> guest_;
  std::vector<uint8_t> pool_;
  uint64_t first_ = 0, sent_ = 0;

  uint64_t cpuNs() const {
    uint64_t sum = 0;
    for (auto& thread : workers_) sum += cpuNsOf(thread);
    return sum;
  }
};

std::unique_ptr<Way> build(const Setup& setup) {
  if (setup.way == "whole") return std::make_unique<Whole>(setup);
  if (setup.way == "relay") return std::make_unique<Relay>(setup);
  return std::make_unique<FromPort>(setup);
}

}  // namespace

int main(int count, char** words) {
  if (count < 7) {
    fprintf(stderr, "usage: forwarding WAY TABLE FLOWS FRAMES ROUNDS ENTRIES...\n");
    return 2;
  }
  auto number = [&](int at) { return strtoul(words[at], nullptr, 10); };
  size_t sizes = static_cast<size_t>(count - 6), frames = number(4), rounds = number(5);
  if (std::string(words[1]) == "whole") leaveNetwork();
  authority = test::makeIdentity("authority", nullptr);
  std::vector<std::unique_ptr<Way>> ways;
  for (size_t i = 0; i < sizes; i++) {
    ways.push_back(build({words[1], words[2], number(3), number(6 + static_cast<int>(i))}));
    ways.back()->send(kPoolFrames);
  }
  std::vector<std::string> figures(sizes);
  for (size_t round = 0; round < rounds; round++) {
    for (size_t turn = 0; turn < sizes; turn++) {
      // To and fro, so that none always follows the same other.
      size_t i = round % 2 == 0 ? turn : sizes - 1 - turn;
      figures[i] += (round == 0 ? "" : ", ") + std::to_string(ways[i]->send(frames));
    }
  }
  for (size_t i = 0; i < sizes; i++) {
    printf("%s\"%s\": [%s]", i == 0 ? "{" : ", ", words[6 + i], figures[i].c_str());
  }
  printf("}\n");
  return 0;
}
