// What leaves by the UDP way of a link, in order: pack small messages, cut large frames, seal, and
// hand the datagrams to the kernel in trains of equal size (UDP_SEGMENT, udp(7)), one call for up
// to 64. While the socket is full, messages wait in a fair queue. Not thread-safe: the link locks.
#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "common.h"
#include "datagram.h"
#include "fair_queue.h"
#include "repair.h"

namespace vnet {

class DatagramSender {
 public:
  DatagramSender(DropCounters& drops, DroppedPairs& droppedPairs)
      : drops_(drops), queue_({}, &droppedPairs) {}

  bool init(const SSL_CIPHER* cipher, const std::vector<uint8_t>& secret) {
    return sealer_.init(cipher, secret);
  }
  /** Whom the datagrams name, and how; -1: nowhere now, what waits is dropped. */
  void setPeer(uint32_t receiver) { receiver_ = receiver; }
  void setSocket(int fd);
  /** UDP payload that passes the path. */
  void setDatagramBytes(size_t bytes);

  /** Whole messages, one behind the other. */
  void sendFrames(const uint8_t* wire, size_t length, uint64_t nowNs);
  /** One message in a datagram of its own, before all that waits; lost if the socket is full. */
  void sendNow(const uint8_t* message, size_t length);
  /** Sends again what the peer misses, or says that it is gone. */
  void repair(uint64_t first, uint32_t count, bool isQueueing, uint64_t nowNs);
  /** What is sent is kept for repair; else only for a while after the peer missed some. */
  void keepForRepair(bool isOn) { isKeeping_ = isOn; }
  void onWritable(uint64_t nowNs);
  /** Something waits for room in the socket. */
  bool isFull() const { return !rest_.empty(); }

  size_t queuedBytes() const { return queue_.bytes() + restBytes_; }
  uint64_t sentDatagrams() const { return sealer_.lastCounter(); }

 private:
  static constexpr size_t kTrainMax = 64;        // UDP_MAX_SEGMENTS
  static constexpr size_t kTrainBytesMax = 65000;  // with IP and UDP headers below 64 KB
  /** What is sent is kept for repair only while the peer misses some. */
  static constexpr uint64_t kKeepAfterRequestNs = 30'000'000'000;

  struct Train {
    std::vector<uint8_t> bytes;
    size_t datagramBytes;
  };

  DropCounters& drops_;
  DatagramSealer sealer_;
  uint32_t receiver_ = 0;
  int fd_ = -1;
  size_t room_ = 1200 - kDatagramOverheadBytes;
  bool isSegmentOffloaded_ = true;
  uint32_t nextFragment_ = 0;

  std::vector<uint8_t> pack_, train_, segment_;
  size_t packed_ = 0;
  size_t trainBytes_ = 0, trainDatagramBytes_ = 0, trainLength_ = 0;
  std::deque<Train> rest_;  // sealed, not taken by the socket: of one message at most
  size_t restBytes_ = 0;
  FairQueue queue_;

  ResendStore store_;
  ResendBudget budget_;
  bool isKeeping_ = false;
  uint64_t keepUntilNs_ = 0, nowNs_ = 0;

  void put(const uint8_t* wire, size_t length);
  void pack(const uint8_t* wire, size_t length);
  void flushPack();
  bool cut(const uint8_t* wire, size_t length);
  void putSegments(const uint8_t* wire, size_t length);
  void fragment(const uint8_t* wire, size_t length);
  void append(const uint8_t* head, size_t headLength, const uint8_t* body, size_t bodyLength);
  void flushTrain();
  void flush();
  void drain();
  bool transmit(const uint8_t* bytes, size_t length, size_t datagramBytes);
  bool transmitEach(const uint8_t* bytes, size_t length, size_t datagramBytes);
};

}  // namespace vnet
