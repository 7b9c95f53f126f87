// One mutually authenticated TLS 1.3 connection to another daemon. Its worker's thread connects,
// shakes hands and receives; any thread may send. A link that fails closes itself and tells;
// nothing else of the daemon is touched.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "capture.h"
#include "common.h"
#include "datagram_path.h"
#include "event.h"
#include "fair_queue.h"
#include "frame.h"
#include "guards.h"
#include "link_figures.h"
#include "port.h"
#include "rate_probe.h"
#include "record.h"
#include "socket_tuner.h"
#include "stall_detector.h"
#include "switch.h"
#include "tls.h"
#include "worker.h"

namespace vnet {

class Plane;
class Forwarder;

enum class LinkState : uint8_t { connecting, handshake, pending, admitted, closed };
enum class LinkRole : uint8_t { none, star, fastPath };

/** Whether frames may travel in datagrams; see src/plane/link-info.ts. */
enum class TransportPolicy : uint8_t { automatic, tcp, udp };
enum class DatagramState : uint8_t { none, probing, up, down };

/** What DatagramInfo of src/plane/link-info.ts says; `none`: not agreed on. */
struct DatagramSnapshot {
  DatagramState state = DatagramState::none;
  std::string remoteAddress;
  uint16_t remotePort = 0;
  uint32_t datagramBytes = 0;        // largest UDP payload that passes; 0: not known
  uint64_t rttNs = 0, minRttNs = 0;  // 0: not measured
  uint64_t sent = 0, received = 0, lost = 0, repaired = 0, rejected = 0;
};

/** What LinkInfo of src/plane/link-info.ts says, at one moment. */
struct LinkSnapshot {
  uint32_t id = 0;
  bool isDialled = false;
  LinkState state = LinkState::connecting;
  bool isJoin = false;
  LinkRole role = LinkRole::none;
  std::string peer, remoteAddress, localAddress, cipher;
  uint16_t remotePort = 0;
  bool hasCertificate = false;
  PeerCertificate certificate;
  bool isResumed = false, isOffloaded = false;
  bool isStalled = false;
  bool isUdp = false;  // frames are sent in datagrams by now
  TransportReason transportReason = TransportReason::notAgreed;
  DatagramSnapshot datagram;
  uint8_t peerMajor = 0, peerMinor = 0;
  uint64_t sinceMs = 0;
  uint64_t rttNs = 0;  // 0: not measured
  bool hasTcpInfo = false;
  uint32_t tcpRttUs = 0;
  uint64_t deliveryRate = 0;
  uint32_t retransmits = 0;
  uint64_t queuedBytes = 0;
  uint64_t rxFrames = 0, rxBytes = 0, txFrames = 0, txBytes = 0;
  uint64_t drops[kDropCount] = {};
};

class Link : public Handler, public std::enable_shared_from_this<Link> {
 public:
  /** Sealed and written at once; four full records. */
  static constexpr size_t kBatchBytes = kIsBatching ? 65536 : 1;

  Link(Plane& plane, uint32_t id, Worker& worker, int fd, bool isDialled);
  ~Link() override;

  // On the worker's thread:
  void start();
  void onReady(uint32_t events, Worker& worker) override;
  void onTick(uint64_t nowMs, Worker& worker) override;

  // On any thread:
  /** Whole messages, one behind the other, each with its header. */
  void sendFrames(const uint8_t* wire, size_t length);
  /** A frame with offloads for a peer that does not take them. */
  void sendSegmented(const FrameView& view, uint8_t hops, uint8_t* scratch);
  bool sendControl(const uint8_t* message, size_t length);
  /** Sends what control is queued, then closes; at most kLingerMs. */
  void closeSoon(std::string reason);
  /** For a star link the policy is `tcp`, whatever is given. */
  void admit(LinkRole role, std::string peer,
             TransportPolicy transport = TransportPolicy::automatic);
  /** Calls visit(PairKey, frames) for what its queues dropped since the last time. */
  template <class Visit>
  void drainDroppedPairs(Visit visit) {
    if (droppedPairs_.isEmpty()) return;
    std::lock_guard<std::mutex> guard(sendLock_);
    droppedPairs_.drain(visit);
  }
  /** For its queues; with the send lock held. */
  DroppedPairs& droppedPairs() { return droppedPairs_; }
  TransportPolicy transportPolicy() const {
    return transportPolicy_.load(std::memory_order_relaxed);
  }

  Ingress ingress() {
    return {{Location::Kind::link, id}, role() == LinkRole::star, &storm, nullptr};
  }
  LinkState state() const { return state_.load(std::memory_order_acquire); }
  LinkRole role() const { return role_.load(std::memory_order_relaxed); }
  bool isUsable() const { return state() == LinkState::admitted; }
  /** Nothing gets through, as far as this end can tell. */
  bool isStalled() const { return isStalled_.load(std::memory_order_relaxed); }
  bool isOffloaded() const { return isOffloaded_.load(std::memory_order_relaxed); }
  /** Accepted, and the handshake is not over; also while it gives way. */
  bool isArriving() const { return !isDialled_ && state() == LinkState::handshake; }
  /** Somebody who has not shown yet who he is; false once he was told to go. */
  bool isStranger() const {
    return !isDialled_ && !isGivingWay_ && state() == LinkState::handshake;
  }
  void giveWay() {
    isGivingWay_ = true;
    closeSoon("too many handshakes at once");
  }
  LinkSnapshot snapshot();
  /** Cheap: for all links, every second. */
  LinkFigures figures();
  /** False: not now, or the peer does not take padding. An event tells of its end. */
  bool probe(const ProbeLimits& limits);

  // For its UDP way, on the worker's thread:
  /** Checks and counts a frame; false: it was dropped, under a name. */
  bool checkFrame(const MessageHeader& header, uint8_t* wire, FrameView* view);
  void transportChanged(bool isUdp, std::string reason);
  /** Datagrams on their way to the worker's thread; bounded by whoever routes them. */
  std::atomic<uint32_t> routedDatagrams{0};
  /** A datagram for this link that came by the daemon's listening socket. */
  void datagramArrived(std::vector<uint8_t> bytes, const sockaddr_storage& from);

  const uint32_t id;
  StormGuard storm;
  TrafficCounters traffic;
  DropCounters drops;
  CaptureSlot capture;
  Worker& worker() const { return worker_; }

 private:
  static constexpr uint32_t kConnectTimeoutMs = 2500;
  static constexpr uint64_t kLingerMs = 500;
  /** Messages of padding that are sealed at once. */
  static constexpr size_t kPaddingBatch = 4;
  /** Beyond this much waiting, keepalive is not added: the peer does not read. */
  static constexpr size_t kKeepaliveQueueBytesMax = 16384;

  Plane& plane_;
  Worker& worker_;
  int fd_;
  const bool isDialled_;
  std::atomic<LinkState> state_;
  std::atomic<LinkRole> role_{LinkRole::none};
  std::atomic<bool> isOffloaded_{false};
  std::atomic<TransportPolicy> transportPolicy_{TransportPolicy::automatic};
  std::atomic<bool> isGivingWay_{false}, isStalled_{false};
  std::atomic<uint64_t> rttNs_{0};
  std::atomic<uint64_t> sinceWallMs_{0};

  // Of the worker's thread:
  std::unique_ptr<TlsSession> tls_;
  Opener opener_;
  std::vector<uint8_t> cipherRest_, plainRest_;
  uint64_t stateSinceMs_ = 0, lastReceivedMs_ = 0, lastPingMs_ = 0, lastPingedMs_ = 0;
  bool isDatagramAgreed_ = false;
  std::atomic<bool> isPaddingAgreed_{false};
  DatagramSecrets datagramSecrets_;
  uint32_t peerReceiver_ = 0;
  uint64_t closeAtMs_ = 0;
  StallDetector stall_;
  uint64_t carriedFrames_ = 0;  // as of the last tick
  std::string closeReason_;

  // Fixed once the handshake is done; guarded by infoLock_ for other threads.
  std::mutex infoLock_;
  LinkSnapshot info_;

  // Sending, guarded by sendLock_:
  std::mutex sendLock_;
  bool isOpen_ = false;  // keys are there and the socket is
  Sealer sealer_;
  DroppedPairs droppedPairs_;
  FairQueue queue_{kIsQueueShort ? FairQueueOptions{} : FairQueueOptions{64 * 1048576, 0},
                   &droppedPairs_};
  SocketTuner tuner_;
  std::deque<std::vector<uint8_t>> control_;
  size_t controlBytes_ = 0;
  std::vector<uint8_t> sealed_;  // what the socket did not take, from sealedSent_ on
  size_t sealedSent_ = 0;
  std::shared_ptr<DatagramPath> datagrams_;  // null: not agreed on, or not yet
  RateProbe rateProbe_;
  ProbeFilter probeFilter_;
  WaitingTime waiting_;
  QuietRtt quietRtt_;
  RttMeter keepaliveRtt_;
  DatagramFigures datagramFigures_;
  bool owesKeyUpdate_ = false;  // one answer to however many requests, once the socket takes it

  void enter(LinkState state);
  void close(const char* code, std::string reason);
  void finishConnect();
  void handshake();
  void established();
  void receive(Worker& worker, bool isEnding);
  bool openRecords(uint8_t* cipher, size_t length, uint8_t* plain, size_t* plainLength,
                   size_t* consumed);
  size_t parseMessages(Worker& worker, uint8_t* plain, size_t length);
  bool takeMessage(Forwarder& forwarder, const MessageHeader& header, uint8_t* wire);
  bool takeFrame(Forwarder& forwarder, const MessageHeader& header, uint8_t* wire);
  bool takeOffer(const uint8_t* payload);
  bool takeControl(const MessageHeader& header, const uint8_t* payload);
  void enqueue(const uint8_t* wire, size_t length);
  bool sendMessage(MessageType type, const uint8_t* payload, size_t length);
  bool sealAndSend(const uint8_t* wire, size_t length);
  bool sendRest();
  bool sendKeyUpdate();
  bool drainControl();
  void drain();
  bool drainQueues();
  void drainPadding();
  void noteProbe();
  LinkFigures allFigures(uint64_t now);
  void endProbe();
  void noteWaiting();
  void brokenWhileSending(int error);
  bool isIdleToSend() const {
    return sealed_.empty() && control_.empty() && queue_.empty();
  }
  void fillAddresses();
  void offerDatagrams();
  void startDatagrams();
  void tickDatagrams(uint64_t nowMs);
  void tickFigures(uint64_t nowNs);
  void endDatagrams();
  void sendPing();
  void watchStall(uint64_t nowMs, const SegmentFigures& tcp);
  void giveFramesToStar();
};

}  // namespace vnet
