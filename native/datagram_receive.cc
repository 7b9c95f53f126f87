// What arrives by the UDP way of a link, in order:
//  1. receive       trains of datagrams, as the kernel put them together (UDP_GRO)
//  2. takeDatagram  authenticate, decrypt, refuse what was there before
//  3. takeMessages  whole messages; fragments wait for the rest, bulk TCP behind a gap for repair
//  4. deliver       pieces of a TCP stream become one super-frame again, on to the forwarder
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "datagram_path.h"
#include "forwarder.h"
#include "link.h"
#include "plane.h"

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace vnet {

static constexpr size_t kTrainBytes = 65536;

/** Size of the datagrams in a train; 0: it is a single one. */
static size_t datagramBytesOf(msghdr& message) {
  for (cmsghdr* h = CMSG_FIRSTHDR(&message); h; h = CMSG_NXTHDR(&message, h)) {
    if (h->cmsg_level != SOL_UDP || h->cmsg_type != UDP_GRO) continue;
    int size;
    memcpy(&size, CMSG_DATA(h), sizeof size);
    return size > 0 ? static_cast<size_t>(size) : 0;
  }
  return 0;
}

void DatagramPath::receive(Worker& worker) {
  static_assert(kTrainsPerRead * kTrainBytes <= Worker::kCipherBytes);
  Forwarder forwarder(plane_, worker, link_);
  forwarder_ = &forwarder;
  size_t turn = 0;
  bool isOver = false;
  while (!isOver && fd_ >= 0) {
    alignas(cmsghdr) uint8_t control[kTrainsPerRead][CMSG_SPACE(sizeof(int))];
    iovec parts[kTrainsPerRead];
    mmsghdr messages[kTrainsPerRead] = {};
    for (size_t i = 0; i < kTrainsPerRead; i++) {
      parts[i] = {worker.cipherBuffer() + i * kTrainBytes, kTrainBytes};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_control = control[i];
      messages[i].msg_hdr.msg_controllen = sizeof control[i];
    }
    int count = recvmmsg(fd_, messages, kTrainsPerRead, MSG_DONTWAIT, nullptr);
    // An ICMP error of the peer's network is read like this too: probing decides what it means.
    if (count < 0 && errno != EAGAIN && turn < kErrorsPerTurn) {
      turn++;
      continue;
    }
    if (count <= 0) break;
    for (int i = 0; i < count; i++) {
      size_t length = messages[i].msg_len;
      turn += length;
      takeTrain(static_cast<uint8_t*>(parts[i].iov_base), length,
                datagramBytesOf(messages[i].msg_hdr));
    }
    coalescer_.flush();
    isOver = count < static_cast<int>(kTrainsPerRead);
    if (!isOver && turn >= Worker::kTurnBytes) {
      worker.again(fd_, EPOLLIN);
      isOver = true;
    }
  }
  endTurn(worker);
  forwarder_ = nullptr;
}

void DatagramPath::takeTrain(uint8_t* bytes, size_t length, size_t datagramBytes) {
  if (datagramBytes == 0) datagramBytes = length;
  for (size_t at = 0; at < length; at += datagramBytes) {
    size_t part = std::min(datagramBytes, length - at);
    uint32_t receiver = 0;
    if (DatagramOpener::peek(bytes + at, part, &receiver) && receiver != receiver_) {
      // This socket is bound to the port of all links; for a moment it takes what is another's.
      plane_.routeDatagram(receiver, bytes + at, part, remote_);
      continue;
    }
    takeDatagram(bytes + at, part, nullptr);
  }
}

/** `from`: where it came from, if not from where the socket is connected to. */
void DatagramPath::takeDatagram(uint8_t* bytes, size_t length, const sockaddr_storage* from) {
  uint8_t* plain = bytes + kDatagramHeaderBytes;  // opened where it lies
  size_t plainLength = 0;
  uint64_t counter = 0;
  if (opener_.open(bytes, length, plain, &plainLength, &counter) != DatagramOpener::Result::ok) {
    rejected_++;
    link_.drops.add(Drop::datagramRejected);
    return;
  }
  uint64_t now = link_.worker().turnNs;
  if (counter > newestCounter_) {
    newestCounter_ = counter;
    // The end that was dialled answers to where the peer is now (a NAT gave it another port, say).
    if (from && openSocket(*from)) sendProbes(now);
  }
  if (!probe_) return;  // no socket to answer by
  probe_->heard(now);
  if (gaps_.arrived(counter, now)) takeMessages(counter, plain, plainLength);
  releaseHeld();
}

void DatagramPath::arrivedElsewhere(uint8_t* bytes, size_t length, const sockaddr_storage& from) {
  if (isClosed_ || !isStarted_) return;
  Worker& worker = link_.worker();
  Forwarder forwarder(plane_, worker, link_);
  forwarder_ = &forwarder;
  bool isMove = !isDialler_ && (fd_ < 0 || !isSameAddress(from, remote_));
  takeDatagram(bytes, length, isMove ? &from : nullptr);
  endTurn(worker);
  forwarder_ = nullptr;
}

void DatagramPath::takeMessages(uint64_t counter, uint8_t* plain, size_t length) {
  for (size_t at = 0; at < length;) {
    MessageHeader header;
    if (parseDatagramHeader(plain + at, length - at, &header) != ParseResult::ok) {
      link_.drops.add(Drop::malformed);
      return;
    }
    takeMessage(counter, header, plain + at);
    at += kHeaderBytes + header.length;
  }
}

void DatagramPath::takeMessage(uint64_t counter, const MessageHeader& header, uint8_t* wire) {
  const uint8_t* payload = wire + kHeaderBytes;
  switch (header.type) {
    case MessageType::frame:
    case MessageType::offloadedFrame:
      return takeFrame(counter, header, wire);
    case MessageType::fragment:
      return takeFragment(payload, header.length);
    case MessageType::probe:
      return answerProbe(payload);
    case MessageType::probeAnswer: {
      ProbeMessage answer = readProbe(payload);
      probe_->answered(answer.id, answer.datagramBytes, nowNs());
      return sendProbes(nowNs());  // an answer may call for more at once
    }
    case MessageType::resendRequest: {
      std::vector<MissingRange> missing;
      if (!readResendRequest(payload, header.length, &missing)) {
        return link_.drops.add(Drop::malformed);
      }
      std::lock_guard<std::mutex> guard(sendLock_);
      for (auto& range : missing) {
        sender_.repair(range.first, range.count, isQueueing_, link_.worker().turnNs);
        missed_ += range.count;
      }
      watchRoom();
      return;
    }
    case MessageType::repaired:
      return takeRepaired(header, wire);
    default:
      return link_.drops.add(Drop::malformed);
  }
}

void DatagramPath::takeFragment(const uint8_t* payload, size_t length) {
  auto outcome = reassembler_.take(payload, length, link_.worker().turnNs);
  if (outcome.result == Reassembler::Result::malformed) link_.drops.add(Drop::malformed);
  countGivenUp();
  if (outcome.result != Reassembler::Result::whole) return;
  MessageHeader header;
  parseDatagramHeader(outcome.message, outcome.length, &header);
  deliver(header, outcome.message);
  coalescer_.flush();  // the message is valid until the next
}

void DatagramPath::countGivenUp() {
  uint64_t given = reassembler_.takeGivenUp();
  if (given > 0) link_.drops.add(Drop::datagramLost, given);
}

/** A datagram that was missed, under its first number; empty: it will not come. */
void DatagramPath::takeRepaired(const MessageHeader& header, uint8_t* wire) {
  uint64_t counter = 0;
  size_t at = kHeaderBytes + kRepairedCounterBytes;
  if (!readRepaired(wire + kHeaderBytes, header.length, &counter)) {
    return link_.drops.add(Drop::malformed);
  }
  size_t length = header.length - kRepairedCounterBytes;
  if (length == 0) {
    if (header.hops != 0) refusedNs_ = link_.worker().turnNs;
    return gaps_.gone(counter);
  }
  // A repaired one holds no other repaired one: nothing here goes deeper than once.
  if (wire[at] == static_cast<uint8_t>(MessageType::repaired)) {
    gaps_.gone(counter);
    return link_.drops.add(Drop::malformed);
  }
  if (!gaps_.arrived(counter, link_.worker().turnNs)) return;  // the first one came after all
  takeMessages(counter, wire + at, length);
}

/** Missing datagrams are likely to come: not while a queue stands, or the peer just refused. */
bool DatagramPath::isRepairing() const {
  return !isQueueing_ && link_.worker().turnNs > refusedNs_ + kRefusedNs;
}

void DatagramPath::takeFrame(uint64_t counter, const MessageHeader& header, uint8_t* wire) {
  size_t length = kHeaderBytes + header.length;
  if (gaps_.firstOpen() < counter && isRepairing() && isBulkTcp(wire, length)) {
    hold_.hold(counter, wire, length, link_.worker().turnNs);
    return;
  }
  deliver(header, wire);
}

void DatagramPath::releaseHeld() {
  if (hold_.empty()) return;
  hold_.release(gaps_.firstOpen(), [this](uint8_t* wire, size_t length) {
    MessageHeader header;
    parseDatagramHeader(wire, length, &header);
    deliver(header, wire);
  });
}

void DatagramPath::deliver(const MessageHeader& header, uint8_t* wire) {
  FrameView view;
  if (link_.checkFrame(header, wire, &view)) coalescer_.take(view, header.hops);
}

void DatagramPath::answerProbe(const uint8_t* payload) {
  uint8_t message[kHeaderBytes + kProbeBytes];
  writeHeader(message, MessageType::probeAnswer, 0, kProbeBytes);
  writeProbe(message + kHeaderBytes, readProbe(payload));
  std::lock_guard<std::mutex> guard(sendLock_);
  sender_.sendNow(message, sizeof message);
}

/** Asks for what is missing, gives up what will not come, and sets the clock for the next time. */
void DatagramPath::endTurn(Worker& worker) {
  std::vector<MissingRange> due;
  if (gaps_.due(worker.turnNs, rttNs_, &due) > 0) {
    std::vector<uint8_t> message = resendRequestMessage(due);
    std::lock_guard<std::mutex> guard(sendLock_);
    sender_.sendNow(message.data(), message.size());
  }
  releaseHeld();
  coalescer_.flush();
  received_ = gaps_.received();
  repaired_ = gaps_.repaired();
  lost_ = gaps_.lost();
  setTimer();
}

}  // namespace vnet
