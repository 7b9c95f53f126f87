// Structure of the data plane: making and retiring ports and links, and answering the switch.
#include "plane.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listener.h"

namespace vnet {

Plane::Plane(const PlaneOptions& options, std::function<void()> wake)
    : options_(options),
      events_(std::move(wake)),
      switch_(options.isProxy, options.macAgeMs, *this),
      datagramsFromRttUs_(options.datagramsFromRttUs),
      floodOwner_(std::make_shared<FloodSet>()) {
  flood_ = floodOwner_.get();
  for (uint32_t i = 0; i < options.workers; i++) {
    workers_.push_back(std::make_unique<Worker>(i));
  }
  workers_[0]->onEveryTick = [this, last = nowMs()](uint64_t now) mutable {
    if (now < last + 1000) return;
    last = now;
    sweep(now);
  };
  for (auto& worker : workers_) worker->start(options.isPrioritised);
}

Plane::~Plane() { close(); }

void Plane::close() {
  if (std::exchange(isClosed_, true)) return;
  for (auto& link : links()) link->closeSoon("the daemon ends");
  std::vector<uint32_t> open;
  for (auto& port : ports()) open.push_back(port->id);
  for (uint32_t id : open) removePort(id);
  // Links linger for what is queued as control; each tells when it is closed.
  for (int i = 0; i < 60 && !links().empty(); i++) usleep(10000);
  for (auto& worker : workers_) worker->stop();
  services_.clear();
}

std::string Plane::setCredentials(const std::string& chain, const std::string& key,
                                  const std::string& ca) {
  std::string error;
  auto made = TlsContext::create(chain, key, ca, &error);
  if (!made) return error;
  std::lock_guard<std::mutex> guard(credentialsLock_);
  credentials_ = std::move(made);
  return "";
}

std::shared_ptr<TlsContext> Plane::credentials() {
  std::lock_guard<std::mutex> guard(credentialsLock_);
  return credentials_;
}

static std::string resolveNumeric(const std::string& address, uint16_t port, bool isPassive,
                                  sockaddr_storage* out, socklen_t* length) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | (isPassive ? AI_PASSIVE : 0);
  addrinfo* found = nullptr;
  std::string service = std::to_string(port);
  int code = getaddrinfo(address.c_str(), service.c_str(), &hints, &found);
  if (code != 0) return "'" + address + "': " + gai_strerror(code);
  memcpy(out, found->ai_addr, found->ai_addrlen);
  *length = found->ai_addrlen;
  freeaddrinfo(found);
  return "";
}

std::string Plane::listen(const std::string& address, uint16_t port, uint16_t* actual,
                          std::string* datagramError) {
  if (isClosed_) return "the plane is closed";
  sockaddr_storage where{};
  socklen_t length = 0;
  std::string error = resolveNumeric(address, port, true, &where, &length);
  if (!error.empty()) return error;
  auto listener = std::make_shared<Listener>(*this);
  error = listener->open(where, length, actual);
  if (!error.empty()) return error;
  services_.push_back(listener);
  Worker& worker = *workers_[0];
  worker.post([listener, &worker] { listener->attach(worker); });
  if (!options_.isDatagramOffered) return "";
  std::string why = listenForDatagrams(where, length, *actual);
  if (datagramError) *datagramError = why;
  return "";
}

std::string Plane::dial(const std::string& address, uint16_t port, uint32_t* link) {
  if (isClosed_) return "the plane is closed";
  sockaddr_storage where{};
  socklen_t length = 0;
  std::string error = resolveNumeric(address, port, false, &where, &length);
  if (!error.empty()) return error;
  int fd = makeSocket(where.ss_family);
  if (fd < 0) return strerror(errno);
  if (connect(fd, reinterpret_cast<sockaddr*>(&where), length) != 0 && errno != EINPROGRESS) {
    error = strerror(errno);
    ::close(fd);
    return error;
  }
  auto made = makeLink(fd, true);
  if (!made) return "more than " + std::to_string(kLinksMax) + " links";
  *link = made->id;
  return "";
}

void Plane::accepted(int fd) {
  evictOldestHandshakes();
  if (makeLink(fd, false)) return;
  ::close(fd);
  Event event{Event::Kind::refused};
  event.code = "io";
  event.text = "more than " + std::to_string(kLinksMax) + " links";
  events_.push(std::move(event));
}

// A crowd of silent connections must not keep real daemons out: the oldest handshakes give way.
void Plane::evictOldestHandshakes() {
  std::vector<std::shared_ptr<Link>> strangers;
  for (auto& link : links()) {
    if (link->isStranger()) strangers.push_back(link);
  }
  for (size_t i = 0; i + kHandshakesMax <= strangers.size(); i++) strangers[i]->giveWay();
}

std::shared_ptr<Link> Plane::makeLink(int fd, bool isDialled) {
  std::shared_ptr<Link> link;
  {
    std::lock_guard<std::mutex> guard(registryLock_);
    if (links_.size() >= kLinksMax) return nullptr;
    while (linkSlots_[nextLink_ % kLinksMax].load() != nullptr) nextLink_++;
    uint32_t id = nextLink_++;
    // Ports take workers from the front, links from the back: with one of each and two workers,
    // each direction of a host's traffic has a thread of its own.
    Worker& worker = *workers_[workers_.size() - 1 - nextLinkWorker_++ % workers_.size()];
    link = std::make_shared<Link>(*this, id, worker, fd, isDialled);
    links_[id] = link;
    linkSlots_[id % kLinksMax].store(link.get(), std::memory_order_release);
  }
  link->worker().post([link] { link->start(); });
  return link;
}

static const std::string kPortsFull = "there are " + std::to_string(kPortsMax) + " ports already";

std::string Plane::addTap(const std::string& name, const TapOptions& options, uint32_t* id) {
  if (isClosed_) return "the plane is closed";
  std::string error;
  uint32_t place = takePortId();
  if (place == 0) return kPortsFull;
  auto port = openTap(*this, place, name, options_.stormLimit, options, &error);
  if (!port) return error;
  *id = port->id;
  installPort(port);
  return "";
}

std::string Plane::addPacket(const std::string& name, const PacketOptions& options, uint32_t* id) {
  if (isClosed_) return "the plane is closed";
  std::string error;
  uint32_t place = takePortId();
  if (place == 0) return kPortsFull;
  auto port = openPacket(*this, place, name, options_.stormLimit, options, &error);
  if (!port) return error;
  *id = port->id;
  installPort(port);
  // The machine's own interface is on this LAN, though it never speaks into the overlay.
  switch_.macs().setStatic(port->mac, {Location::Kind::port, port->id});
  return "";
}

uint32_t Plane::addMemory(const std::string& name) {
  uint32_t id = takePortId();
  if (id != 0) installPort(std::make_shared<MemoryPort>(*this, id, name, options_.stormLimit));
  return id;
}

uint32_t Plane::takePortId() {
  std::lock_guard<std::mutex> guard(registryLock_);
  if (ports_.size() >= kPortsMax) return 0;
  while (portSlots_[nextPort_ % kPortsMax].load() != nullptr) nextPort_++;
  return nextPort_++;
}

void Plane::installPort(std::shared_ptr<Port> port) {
  std::lock_guard<std::mutex> guard(registryLock_);
  ports_[port->id] = port;
  portSlots_[port->id % kPortsMax].store(port.get(), std::memory_order_release);
  rebuildFloodSet();
  port->workerIndex = nextPortWorker_++ % static_cast<uint32_t>(workers_.size());
  Worker& worker = *workers_[port->workerIndex];
  worker.post([port, &worker] { port->attach(worker); });
}

bool Plane::removePort(uint32_t id) {
  std::shared_ptr<Port> port = findPort(id);
  if (!port) return false;
  {
    std::lock_guard<std::mutex> guard(registryLock_);
    ports_.erase(id);
    portSlots_[id % kPortsMax].store(nullptr, std::memory_order_release);
    for (size_t i = 0; i < kDropCount; i++) retiredDrops_[i] += port->drops.counts[i];
    rebuildFloodSet();
  }
  Worker& worker = *workers_[port->workerIndex];
  worker.post([this, port, &worker] {
    port->detach(worker);
    switch_.macs().forgetLocation({Location::Kind::port, port->id});  // it learns no more
  });
  retire(port);
  // Its device can be opened again only when the last worker has let go of it.
  std::weak_ptr<Port> watch = port;
  port.reset();
  for (int i = 0; i < 10000 && !watch.expired(); i++) usleep(100);
  return true;
}

void Plane::rebuildFloodSet() {
  auto next = std::make_shared<FloodSet>();
  for (auto& [id, port] : ports_) next->ports.push_back(port.get());
  for (auto& [id, link] : links_) {
    if (link->isUsable() && link->role() == LinkRole::star) next->stars.push_back(link.get());
  }
  flood_.store(next.get(), std::memory_order_release);
  retire(std::exchange(floodOwner_, next));
}

void Plane::retire(std::shared_ptr<void> object) {
  for (auto& worker : workers_) worker->post([object] {});
}

bool Plane::admit(uint32_t id, LinkRole role, const std::string& peer,
                  TransportPolicy transport) {
  auto link = findLink(id);
  if (!link) return false;
  link->admit(role, peer, transport);
  std::lock_guard<std::mutex> guard(registryLock_);
  if (!link->isUsable()) return false;
  if (role == LinkRole::star) star_ = id;
  rebuildFloodSet();
  return true;
}

bool Plane::closeLink(uint32_t id, const std::string& reason) {
  auto link = findLink(id);
  if (link) link->closeSoon(reason);
  return link != nullptr;
}

void Plane::linkClosed(Link& link, const char* code, const std::string& reason, bool wasPending) {
  auto shot = std::make_shared<LinkSnapshot>(link.snapshot());
  {
    std::lock_guard<std::mutex> guard(registryLock_);
    auto found = links_.find(link.id);
    if (found == links_.end()) return;
    for (size_t i = 0; i < kDropCount; i++) retiredDrops_[i] += link.drops.counts[i];
    uint32_t id = link.id;
    star_.compare_exchange_strong(id, 0);
    linkSlots_[link.id % kLinksMax].store(nullptr, std::memory_order_release);
    std::shared_ptr<Link> gone = std::move(found->second);
    links_.erase(found);
    rebuildFloodSet();
    retire(gone);  // last: no worker may find it any more
  }
  switch_.macs().forgetLocation({Location::Kind::link, link.id});
  bool isStranger = !shot->isDialled && !wasPending;
  Event event{isStranger ? Event::Kind::refused : Event::Kind::linkClosed};
  event.link = link.id;
  event.code = code;
  event.text = reason;
  event.address = shot->remoteAddress;
  event.snapshot = std::move(shot);
  events_.push(std::move(event));
}

bool Plane::inject(uint32_t id, std::vector<uint8_t> frame) {
  auto port = std::dynamic_pointer_cast<MemoryPort>(findPort(id));
  if (!port) return false;
  Worker& worker = *workers_[port->workerIndex];
  worker.post([port, &worker, frame = std::move(frame)] { port->inject(frame, worker); });
  return true;
}

void Plane::setStormLimit(uint32_t framesPerSecond) {
  options_.stormLimit = framesPerSecond;
  for (auto& port : ports()) port->storm.setRate(framesPerSecond);
  for (auto& link : links()) link->storm.setRate(framesPerSecond * 4);
}

PairTable Plane::drainTraffic() {
  PairTable all;
  for (auto& worker : workers_) {
    worker->pairs.drain([&](const PairKey& key, PairCount& count) {
      PairCount* total = all.insert(key);
      total->frames += count.frames;
      total->bytes += count.bytes;
      total->droppedFrames += count.droppedFrames;
    });
  }
  for (auto& link : links()) {
    link->drainDroppedPairs(
        [&](const PairKey& key, uint32_t frames) { all.insert(key)->droppedFrames += frames; });
  }
  return all;
}

std::vector<std::shared_ptr<Port>> Plane::ports() {
  std::lock_guard<std::mutex> guard(registryLock_);
  std::vector<std::shared_ptr<Port>> all;
  for (auto& [id, port] : ports_) all.push_back(port);
  return all;
}

std::vector<std::shared_ptr<Link>> Plane::links() {
  std::lock_guard<std::mutex> guard(registryLock_);
  std::vector<std::shared_ptr<Link>> all;
  for (auto& [id, link] : links_) all.push_back(link);
  return all;
}

std::shared_ptr<Port> Plane::findPort(uint32_t id) {
  std::lock_guard<std::mutex> guard(registryLock_);
  auto found = ports_.find(id);
  return found == ports_.end() ? nullptr : found->second;
}

std::shared_ptr<Link> Plane::findLink(uint32_t id) {
  std::lock_guard<std::mutex> guard(registryLock_);
  auto found = links_.find(id);
  return found == links_.end() ? nullptr : found->second;
}

}  // namespace vnet
