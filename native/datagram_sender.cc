// See datagram_sender.h.
#include "datagram_sender.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "cutter.h"
#include "fragment.h"
#include "frame.h"
#include "gso.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

namespace vnet {

void DatagramSender::setSocket(int fd) {
  fd_ = fd;
  trainBytes_ = trainLength_ = packed_ = restBytes_ = 0;
  rest_.clear();
  if (fd >= 0) return;
  if (queue_.frames() > 0) drops_.add(Drop::linkClosed, queue_.frames());
  queue_.clear();
}

void DatagramSender::setDatagramBytes(size_t bytes) {
  // What is sent again carries the number that it had, and must fit too.
  room_ = bytes - kDatagramOverheadBytes - kRepairedOverheadBytes;
}

void DatagramSender::sendFrames(const uint8_t* wire, size_t length, uint64_t nowNs) {
  if (fd_ < 0) return;
  nowNs_ = nowNs;
  size_t dropped = 0;
  for (size_t at = 0; at < length;) {
    size_t message = messageLength(wire + at);
    if (isFull() || !queue_.empty()) {
      dropped += queue_.push(wire + at, message, nowNs);
    } else {
      put(wire + at, message);
    }
    at += message;
  }
  if (dropped > 0) drops_.add(Drop::queueFull, dropped);
  flush();
}

void DatagramSender::sendNow(const uint8_t* message, size_t length) {
  if (fd_ < 0) return;
  std::vector<uint8_t> datagram(length + kDatagramOverheadBytes);
  size_t sealed = sealer_.seal(receiver_, message, length, nullptr, 0, datagram.data());
  if (sealed == 0) return;
  ssize_t sent = send(fd_, datagram.data(), sealed, MSG_DONTWAIT | MSG_NOSIGNAL);
  (void)sent;  // a probe or a request that is lost is made again
}

void DatagramSender::onWritable(uint64_t nowNs) {
  if (fd_ < 0) return;
  nowNs_ = nowNs;
  while (!rest_.empty()) {
    Train train = std::move(rest_.front());
    rest_.pop_front();
    restBytes_ -= train.bytes.size();
    if (transmit(train.bytes.data(), train.bytes.size(), train.datagramBytes)) continue;
    restBytes_ += train.bytes.size();
    rest_.push_front(std::move(train));
    return;
  }
  drain();
}

void DatagramSender::drain() {
  static thread_local std::vector<uint8_t> batch(65536 + kMessageBytesMax);
  while (!isFull() && !queue_.empty()) {
    uint32_t dropped = 0;
    size_t length = queue_.pull(batch.data(), batch.size(), nowNs_, &dropped);
    if (dropped > 0) drops_.add(Drop::queueFull, dropped);
    for (size_t at = 0; at < length;) {
      size_t message = messageLength(batch.data() + at);
      put(batch.data() + at, message);
      at += message;
    }
    flush();
  }
}

void DatagramSender::put(const uint8_t* wire, size_t length) {
  if (length <= room_) return pack(wire, length);
  flushPack();
  bool isOffloaded = wire[0] == static_cast<uint8_t>(MessageType::offloadedFrame);
  if (!isOffloaded) return fragment(wire, length);
  if (!cut(wire, length)) putSegments(wire, length);
}

/** Small messages share a datagram; a large one has its own, sealed from where it lies. */
void DatagramSender::pack(const uint8_t* wire, size_t length) {
  if (packed_ + length > room_) flushPack();
  if (packed_ == 0 && length > room_ / 2) return append(wire, length, nullptr, 0);
  if (pack_.size() < room_) pack_.resize(room_);
  memcpy(pack_.data() + packed_, wire, length);
  packed_ += length;
}

void DatagramSender::flushPack() {
  if (packed_ == 0) return;
  size_t length = std::exchange(packed_, 0);
  append(pack_.data(), length, nullptr, 0);
}

bool DatagramSender::cut(const uint8_t* wire, size_t length) {
  const uint8_t* vnet = wire + kHeaderBytes;
  size_t skip = kHeaderBytes + kVnetHeaderBytes;
  Cutter cutter(VnetHeader::parse(vnet), wire + skip, length - skip, room_, wire[1]);
  if (!cutter.isValid()) return false;
  Piece piece;
  while (cutter.next(&piece)) append(piece.head, piece.headLength, piece.body, piece.bodyLength);
  return true;
}

// What cannot be cut to the room becomes plain frames, and those fragments if they must.
void DatagramSender::putSegments(const uint8_t* wire, size_t length) {
  size_t skip = kHeaderBytes + kVnetHeaderBytes;
  std::vector<uint8_t> frame(wire + skip, wire + length);
  segment_.resize(2 * kMessageBytesMax);
  bool isWhole = segment(VnetHeader::parse(wire + kHeaderBytes), frame.data(), frame.size(),
                         segment_.data() + kHeaderBytes, [&](uint8_t* plain, size_t plainLength) {
                           std::vector<uint8_t> message(kHeaderBytes + plainLength);
                           writeHeader(message.data(), MessageType::frame, wire[1],
                                       static_cast<uint32_t>(plainLength));
                           memcpy(message.data() + kHeaderBytes, plain, plainLength);
                           put(message.data(), message.size());
                         });
  if (!isWhole) drops_.add(Drop::malformed);
}

void DatagramSender::fragment(const uint8_t* wire, size_t length) {
  flushPack();
  Fragmenter fragmenter(wire, length, room_, nextFragment_++);
  Fragmenter::Piece piece;
  while (fragmenter.next(&piece)) {
    append(piece.head, kFragmentHeadBytes, piece.body, piece.bodyLength);
  }
}

/** One datagram, sealed onto the end of the train. */
void DatagramSender::append(const uint8_t* head, size_t headLength, const uint8_t* body,
                            size_t bodyLength) {
  size_t bytes = headLength + bodyLength + kDatagramOverheadBytes;
  bool isOver = trainLength_ == kTrainMax || trainBytes_ + bytes > kTrainBytesMax;
  if (trainLength_ > 0 && (isOver || bytes > trainDatagramBytes_)) flushTrain();
  if (train_.empty()) train_.resize(65536);
  if (trainLength_ == 0) trainDatagramBytes_ = bytes;
  size_t sealed =
      sealer_.seal(receiver_, head, headLength, body, bodyLength, train_.data() + trainBytes_);
  if (sealed == 0) return drops_.add(Drop::malformed);
  // One that repairs is not kept: if it is lost too, the first is asked for again.
  bool isRepair = head[0] == static_cast<uint8_t>(MessageType::repaired);
  if ((isKeeping_ || nowNs_ < keepUntilNs_) && !isRepair) {
    store_.sent(sealer_.lastCounter(), head, headLength, body, bodyLength, nowNs_);
  }
  trainBytes_ += sealed;
  trainLength_++;
  if (sealed < trainDatagramBytes_) flushTrain();  // only the last of a train may be shorter
}

void DatagramSender::flushTrain() {
  if (trainLength_ == 0) return;
  size_t length = std::exchange(trainBytes_, 0);
  budget_.sent(std::exchange(trainLength_, 0));
  if (!isFull() && transmit(train_.data(), length, trainDatagramBytes_)) return;
  rest_.push_back({{train_.begin(), train_.begin() + static_cast<ptrdiff_t>(length)},
                   trainDatagramBytes_});
  restBytes_ += length;
}

void DatagramSender::flush() {
  flushPack();
  flushTrain();
}

/** False: the socket is full. What it refuses for another reason is lost, as on any network. */
bool DatagramSender::transmit(const uint8_t* bytes, size_t length, size_t datagramBytes) {
  if (length <= datagramBytes || !isSegmentOffloaded_) {
    return transmitEach(bytes, length, datagramBytes);
  }
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint16_t))] = {};
  iovec part{const_cast<uint8_t*>(bytes), length};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_UDP;
  header->cmsg_type = UDP_SEGMENT;
  header->cmsg_len = CMSG_LEN(sizeof(uint16_t));
  uint16_t size = static_cast<uint16_t>(datagramBytes);
  memcpy(CMSG_DATA(header), &size, sizeof size);
  if (sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
  if (errno == EAGAIN) return false;
  if (errno == EIO || errno == EOPNOTSUPP || errno == EINVAL) {
    // A device that does not compute UDP checksums, say; or larger ones than it takes for now.
    if (errno != EINVAL) isSegmentOffloaded_ = false;
    return transmitEach(bytes, length, datagramBytes);
  }
  drops_.add(Drop::queueFull, (length + datagramBytes - 1) / datagramBytes);
  return true;
}

bool DatagramSender::transmitEach(const uint8_t* bytes, size_t length, size_t datagramBytes) {
  for (size_t at = 0; at < length; at += datagramBytes) {
    size_t part = std::min(datagramBytes, length - at);
    if (send(fd_, bytes + at, part, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) continue;
    if (errno == EAGAIN && at == 0) return false;
    drops_.add(Drop::queueFull);
  }
  return true;
}

void DatagramSender::repair(uint64_t first, uint32_t count, bool isQueueing, uint64_t nowNs) {
  if (fd_ < 0) return;
  nowNs_ = nowNs;
  keepUntilNs_ = nowNs + kKeepAfterRequestNs;
  flush();
  uint8_t head[kRepairedOverheadBytes];
  for (uint64_t counter = first; counter < first + count; counter++) {
    size_t length = 0;
    const uint8_t* plain = store_.find(counter, &length);
    bool isRefused = plain && !budget_.take(isQueueing);
    if (isRefused || !plain) length = 0;  // an empty one says: do not wait for it
    segment_.assign(plain, plain + length);  // the store may be written over meanwhile
    size_t headLength = writeRepairedHead(head, counter, length);
    head[1] = isRefused ? 1 : 0;  // the byte of the hop count says: nor for those after it
    if (isFull()) break;  // it is asked for again
    if (length == 0) {
      pack(head, headLength);
    } else {
      append(head, headLength, segment_.data(), length);
    }
  }
  flush();
}

}  // namespace vnet
