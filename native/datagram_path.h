// The UDP way of a fast-path link, beside its TLS connection, which stays for control, keepalive
// and as the way to fall back on. Keys come from the TLS session (tls.h, exportSecrets); each end
// names a random number that datagrams to it carry. The end that dialled TCP opens the way; the
// other answers to where the newest authentic datagram came from, so that a NAT may change its
// mind. Sending is guarded by the link's lock, all else is of its worker's thread.
#pragma once

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <vector>

#include "coalescer.h"
#include "datagram.h"
#include "datagram_sender.h"
#include "fragment.h"
#include "loss_meter.h"
#include "path_probe.h"
#include "quiet_rtt.h"
#include "repair.h"
#include "socket_tuner.h"
#include "stall_detector.h"
#include "timer.h"
#include "tls.h"
#include "transport_choice.h"
#include "worker.h"

namespace vnet {

class Link;
class Plane;
class Forwarder;
struct DatagramSnapshot;

class DatagramPath : public Handler, public std::enable_shared_from_this<DatagramPath> {
 public:
  /** `receiver`: the number that datagrams to this end carry. */
  DatagramPath(Plane& plane, Link& link, std::mutex& sendLock, uint32_t receiver);
  ~DatagramPath() override;

  /** False: OpenSSL cannot. */
  bool init(const DatagramSecrets& secrets);
  uint32_t receiver() const { return receiver_; }

  // On the worker's thread:
  /** The peer said its number. `remote`: where to begin, of the end that dialled; else null. */
  void start(uint32_t peerReceiver, const sockaddr_storage& local, const sockaddr_storage* remote);
  void onReady(uint32_t events, Worker& worker) override;
  /** `tls`: of the connection beside it. */
  void tick(uint64_t nowNs, const SegmentFigures& tls);
  /** A datagram that another socket received for this link. */
  void arrivedElsewhere(uint8_t* bytes, size_t length, const sockaddr_storage& from);
  void close();
  /** Adds what a stall shows by: probes and their answers. */
  void describe(StallDetector::Signs* out) const;
  /** Other signs say that nothing passes. */
  void giveUp(uint64_t nowNs);
  /** Since when it has not been up; 0 while it is. */
  uint64_t downSinceMs() const { return downSinceMs_; }

  /** Frames go this way now: it answers, and is the better one. Any thread. */
  bool isChosen() const { return isChosen_; }
  TransportReason reason() const { return reason_; }

  // With the send lock held, on any thread:
  void sendFrames(const uint8_t* wire, size_t length);
  size_t queuedBytes() const { return sender_.queuedBytes(); }
  /** What is sent waits, here or on the path. */
  bool isWaiting() const { return isQueueing_ || sender_.queuedBytes() > 0; }
  /** About as much as the peer asked for again. */
  uint64_t missedBytes() const { return missed_ * datagramBytes_; }
  uint64_t rttNs() const { return rttNs_; }
  void describe(DatagramSnapshot* out) const;

 private:
  /** Trains of datagrams read in one call, each up to 64 KB. */
  static constexpr size_t kTrainsPerRead = 2;
  static constexpr size_t kErrorsPerTurn = 64;
  static constexpr uint64_t kRefusedNs = 250'000'000;
  /** Below this round trip the guests' own TCP repairs fast enough. */
  static constexpr uint64_t kRepairRttNs = 2'000'000;
  static constexpr int kReceiveBufferBytes = 2 * 1048576;
  static constexpr int kSendBufferBytes = 512 * 1024;

  Plane& plane_;
  Link& link_;
  std::mutex& sendLock_;
  const uint32_t receiver_;
  bool isDialler_ = false;
  std::atomic<bool> isStarted_{false}, isClosed_{false};
  sockaddr_storage local_{}, remote_{};  // remote_ and fd_: changed with the send lock held
  int fd_ = -1;
  bool isWatchingRoom_ = false;

  DatagramSender sender_;
  std::atomic<bool> isUp_{false}, isChosen_{false};
  std::atomic<TransportReason> reason_{TransportReason::notAgreed};
  std::atomic<size_t> datagramBytes_{0};
  std::atomic<uint64_t> rttNs_{0}, minRttNs_{0};
  std::atomic<bool> isQueueing_{false};
  std::atomic<uint64_t> sentNs_{0};
  uint64_t downSinceMs_ = 0;

  DatagramOpener opener_;
  uint64_t newestCounter_ = 0;
  uint64_t refusedNs_ = 0;  // when the peer last said that it will not repair
  std::unique_ptr<PathProbe> probe_;
  LossMeter loss_;
  QuietRtt quietRtt_;
  uint64_t tlsMinRttNs_ = 0;
  TransportChoice choice_;
  uint64_t missed_ = 0;  // datagrams that the peer asked for again
  GapTracker gaps_;
  HoldQueue hold_;
  Reassembler reassembler_;
  Coalescer coalescer_;
  Forwarder* forwarder_ = nullptr;  // of the current turn
  std::shared_ptr<Timer> timer_;  // for probes and repair
  std::atomic<uint64_t> received_{0}, lost_{0}, repaired_{0}, rejected_{0};

  bool openSocket(const sockaddr_storage& remote);
  void closeSocket();
  void sendProbes(uint64_t nowNs);
  void notePath(uint64_t nowNs);
  void chooseTransport(uint64_t nowNs);
  std::string whyChosen() const;
  void timerDue(Worker& worker);
  void setTimer();
  void watchRoom();
  void receive(Worker& worker);
  void takeTrain(uint8_t* bytes, size_t length, size_t datagramBytes);
  void takeDatagram(uint8_t* bytes, size_t length, const sockaddr_storage* from);
  void takeMessages(uint64_t counter, uint8_t* plain, size_t length);
  void takeMessage(uint64_t counter, const MessageHeader& header, uint8_t* wire);
  void takeFrame(uint64_t counter, const MessageHeader& header, uint8_t* wire);
  bool isRepairing() const;
  void takeFragment(const uint8_t* payload, size_t length);
  void takeRepaired(const MessageHeader& header, uint8_t* wire);
  void answerProbe(const uint8_t* payload);
  void deliver(const MessageHeader& header, uint8_t* wire);
  void releaseHeld();
  void countGivenUp();
  void endTurn(Worker& worker);
};

bool isSameAddress(const sockaddr_storage& a, const sockaddr_storage& b);

}  // namespace vnet
