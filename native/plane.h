// The data plane of one daemon: workers, ports, links, the switch and their tables. Structure
// changes on the control (JavaScript) thread; workers read it through slots that are valid until
// every worker has gone round once more (retire).
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "event.h"
#include "link.h"
#include "port.h"
#include "switch.h"
#include "tls.h"
#include "worker.h"

namespace vnet {

struct PlaneOptions {
  bool isProxy = false;
  uint32_t workers = 2;
  uint32_t stormLimit = 2000;
  uint64_t macAgeMs = 300000;
  bool isOffloadOffered = true;
  bool isDatagramOffered = true;
  uint32_t datagramsFromRttUs = 2000;  // shorter paths carry frames by TLS; 0: none
  bool isPrioritised = true;
};

/** Whom a flood reaches. Replaced as a whole, never changed. */
struct FloodSet {
  std::vector<Port*> ports;
  std::vector<Link*> stars;
};

class Listener;

class Plane : public SwitchHost {
 public:
  Plane(const PlaneOptions& options, std::function<void()> wake);
  ~Plane() override;

  // Control thread. Those that can fail return the reason, empty on success.
  std::string setCredentials(const std::string& chain, const std::string& key,
                             const std::string& ca);
  /** `datagramError`: why there is no UDP beside; it is not needed. */
  std::string listen(const std::string& address, uint16_t port, uint16_t* actual,
                     std::string* datagramError = nullptr);
  std::string dial(const std::string& address, uint16_t port, uint32_t* link);
  std::string addTap(const std::string& name, const TapOptions& options, uint32_t* port);
  std::string addPacket(const std::string& name, const PacketOptions& options, uint32_t* port);
  /** 0: there are kPortsMax ports already. */
  uint32_t addMemory(const std::string& name);
  /** When it returns, the port's device is free. */
  bool removePort(uint32_t id);
  bool admit(uint32_t link, LinkRole role, const std::string& peer,
             TransportPolicy transport = TransportPolicy::automatic);
  bool closeLink(uint32_t link, const std::string& reason);
  bool inject(uint32_t port, std::vector<uint8_t> frame);
  /** Ignored where the link is gone. */
  void setOwner(uint64_t mac, uint32_t link);
  void setStormLimit(uint32_t framesPerSecond);
  /** Links follow at their next look at the path, within a second. */
  void setDatagramsFromRtt(uint32_t microseconds) { datagramsFromRttUs_ = microseconds; }
  PairTable drainTraffic();
  std::vector<std::shared_ptr<Port>> ports();
  std::vector<std::shared_ptr<Link>> links();
  std::shared_ptr<Port> findPort(uint32_t id);
  std::shared_ptr<Link> findLink(uint32_t id);
  /** Totals, those of removed ports and links included. */
  void totalDrops(uint64_t* counts);
  /** Ends all threads. Nothing may be called afterwards but events().take(). */
  void close();

  // Worker threads.
  Switch& fabric() { return switch_; }
  Port* portAt(uint32_t id) const;
  Link* linkAt(uint32_t id) const;
  const FloodSet* floodSet() const { return flood_.load(std::memory_order_acquire); }
  /** A flood of `origin` (a port; kNobody: some link) came back on `port`: does it loop? */
  void loopFound(Port& port, uint32_t origin, uint64_t nowMs);
  void accepted(int fd);
  /** So many handshakes that further connections wait in the kernel until some are over. */
  bool isCrowded();
  void linkAdmitted(Link& link);
  void linkClosed(Link& link, const char* code, const std::string& reason, bool wasPending);
  void sweep(uint64_t nowMs);
  /** With a number of its own, under which datagrams for the link are found. */
  std::shared_ptr<DatagramPath> makeDatagramPath(Link& link, std::mutex& sendLock);
  void forgetReceiver(uint32_t receiver);
  /** Hands a datagram that came by another socket to its link, if there is one. */
  void routeDatagram(uint32_t receiver, const uint8_t* bytes, size_t length,
                     const sockaddr_storage& from);
  /** Peers that dial this daemon can reach it by UDP. */
  bool hasDatagramPort() const { return hasDatagramPort_; }
  /** As long as this a path is long enough for datagrams to be the better way. */
  uint64_t datagramsFromRttNs() const { return datagramsFromRttUs_ * uint64_t{1000}; }
  /** Neither for a link of this daemon nor for anybody else's here. */
  std::atomic<uint64_t> strayDatagrams{0};

  std::shared_ptr<TlsContext> credentials();
  EventQueue& events() { return events_; }
  const PlaneOptions& options() const { return options_; }

  // SwitchHost
  void macLearned(uint64_t mac, uint32_t port) override;
  void macMoved(uint64_t mac, Location from, uint32_t toLink) override;
  void macFlapping(uint64_t mac, uint32_t moves) override;
  bool isLinkUsable(uint32_t link) override;
  bool starLink(uint32_t* link) override;

 private:
  PlaneOptions options_;
  EventQueue events_;
  Switch switch_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::mutex credentialsLock_;
  std::shared_ptr<TlsContext> credentials_;
  std::vector<std::shared_ptr<Handler>> services_;  // listener, sweeper
  bool isClosed_ = false;
  std::atomic<bool> hasDatagramPort_{false};
  std::atomic<uint32_t> datagramsFromRttUs_;
  std::mutex receiversLock_;
  std::map<uint32_t, std::weak_ptr<Link>> receivers_;

  std::mutex registryLock_;
  std::map<uint32_t, std::shared_ptr<Port>> ports_;
  std::map<uint32_t, std::shared_ptr<Link>> links_;
  std::array<std::atomic<Port*>, kPortsMax> portSlots_{};
  std::array<std::atomic<Link*>, kLinksMax> linkSlots_{};
  uint32_t nextPort_ = 1, nextLink_ = 1, nextPortWorker_ = 0, nextLinkWorker_ = 0;
  std::atomic<const FloodSet*> flood_;
  std::shared_ptr<FloodSet> floodOwner_;
  std::atomic<uint32_t> star_{0};
  uint64_t retiredDrops_[kDropCount] = {};
  std::mutex loopLock_;

  /** 0: no room. */
  uint32_t takePortId();
  uint32_t takeLinkId();
  void installPort(std::shared_ptr<Port> port);
  std::shared_ptr<Link> makeLink(int fd, bool isDialled);
  std::string listenForDatagrams(sockaddr_storage where, socklen_t length, uint16_t port);
  void evictOldestHandshakes();
  /** With the registry lock held. */
  void rebuildFloodSet();
  void tellLoop(uint32_t blocked, uint32_t other);
  /** Keeps the object until no worker can hold a pointer to it any more. */
  void retire(std::shared_ptr<void> object);
};

}  // namespace vnet
