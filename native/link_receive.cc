// What arrives on a link, in order:
//  1. receive        read the socket, up to a turn's worth
//  2. openRecords    decrypt TLS records into one stretch of plaintext
//  3. parseMessages  cut it into messages; an incomplete one waits for more
//  4. takeMessage    frames to the forwarder, control to JavaScript, keepalive answered here
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>

#include "forwarder.h"
#include "gso.h"
#include "link.h"
#include "plane.h"

namespace vnet {

/** Headers read before the first of their messages is taken. */
static constexpr size_t kLookAheadMessages = 16;

static const char* alertText(uint8_t code) {
  switch (code) {
    case 42:
      return "the peer found our certificate bad";
    case 44:
      return "the peer says that our certificate is revoked";
    case 45:
      return "the peer says that our certificate has expired";
    case 46:
    case 48:
      return "the peer does not trust our CA";
    case 50:
      return "the peer could not read what it was sent";
    case 116:
      return "the peer demands a certificate";
    default:
      return "the peer ended TLS by an alert";
  }
}

void Link::receive(Worker& worker, bool isEnding) {
  size_t turn = 0;
  while (state() == LinkState::pending || state() == LinkState::admitted) {
    uint8_t* cipher = worker.cipherBuffer();
    size_t have = cipherRest_.size();
    std::copy(cipherRest_.begin(), cipherRest_.end(), cipher);
    ssize_t n = recv(fd_, cipher + have, Worker::kReadBytes, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) return close("io", strerror(errno));
    if (n == 0) return close("closed-by-peer", "the connection ended");
    lastReceivedMs_ = worker.turnMs;
    uint8_t* plain = worker.plainBuffer();
    size_t plainLength = plainRest_.size();
    std::copy(plainRest_.begin(), plainRest_.end(), plain);
    size_t length = have + static_cast<size_t>(n);
    size_t consumed = 0;
    if (!openRecords(cipher, length, plain, &plainLength, &consumed)) return;
    cipherRest_.assign(cipher + consumed, cipher + length);
    size_t parsed = parseMessages(worker, plain, plainLength);
    if (state() == LinkState::closed) return;
    plainRest_.assign(plain + parsed, plain + plainLength);
    turn += static_cast<size_t>(n);
    // Less than asked for: the socket is empty, and an edge will tell of more. But the end of the
    // stream gives no further edge.
    if (static_cast<size_t>(n) < Worker::kReadBytes && !isEnding) return;
    if (turn >= Worker::kTurnBytes) {
      return worker.again(fd_, isEnding ? EPOLLIN | EPOLLRDHUP : EPOLLIN);
    }
  }
}

/** False: the link is closed now. */
bool Link::openRecords(uint8_t* cipher, size_t length, uint8_t* plain, size_t* plainLength,
                       size_t* consumed) {
  for (;;) {
    size_t record = 0, opened = 0;
    Opener::Result result = opener_.open(cipher + *consumed, length - *consumed, &record,
                                         plain + *plainLength, &opened);
    switch (result) {
      case Opener::Result::needMore:
        return true;
      case Opener::Result::data:
        *plainLength += opened;
        break;
      case Opener::Result::nothing:
        break;
      case Opener::Result::answerKeyUpdate: {
        std::lock_guard<std::mutex> guard(sendLock_);
        owesKeyUpdate_ = true;
        drain();
        break;
      }
      case Opener::Result::closed:
        parseMessages(worker_, plain, *plainLength);
        close("closed-by-peer", "the peer closed the link");
        return false;
      case Opener::Result::alert:
        close("tls-failed", alertText(opener_.alertCode));
        return false;
      case Opener::Result::failed:
        close("protocol", "a TLS record that cannot be opened");
        return false;
    }
    *consumed += record;
  }
}

static void expectFrame(Forwarder& forwarder, const MessageHeader& header,
                        const uint8_t* payload) {
  size_t skipped = header.type == MessageType::offloadedFrame ? kVnetHeaderBytes : 0;
  bool isFrame = skipped > 0 || header.type == MessageType::frame;
  if (isFrame && header.length > skipped) {
    forwarder.expect(payload + skipped, header.length - skipped);
  }
}

size_t Link::parseMessages(Worker& worker, uint8_t* plain, size_t length) {
  Forwarder forwarder(plane_, worker, *this);
  // Headers are read ahead: what the tables say about a frame comes while others are taken.
  MessageHeader headers[kLookAheadMessages];
  size_t read = 0, readEnd = 0, taken = 0, takenEnd = 0;
  ParseResult result = ParseResult::ok;
  while (state() != LinkState::closed) {
    while (result == ParseResult::ok && read < taken + kLookAheadMessages) {
      MessageHeader& header = headers[read % kLookAheadMessages];
      result = parseHeader(plain + readEnd, length - readEnd, &header);
      if (result != ParseResult::ok) break;
      size_t message = kHeaderBytes + header.length;
      if (length - readEnd < message) result = ParseResult::needMore;
      if (result != ParseResult::ok) break;
      expectFrame(forwarder, header, plain + readEnd + kHeaderBytes);
      readEnd += message;
      read++;
    }
    if (taken == read) break;
    const MessageHeader& header = headers[taken++ % kLookAheadMessages];
    if (!takeMessage(forwarder, header, plain + takenEnd)) return takenEnd;
    takenEnd += kHeaderBytes + header.length;
  }
  bool isBad = result != ParseResult::ok && result != ParseResult::needMore;
  if (isBad && state() != LinkState::closed) close("protocol", parseResultText(result));
  return takenEnd;
}

/** False: the link is closed now. */
bool Link::takeMessage(Forwarder& forwarder, const MessageHeader& header, uint8_t* wire) {
  uint8_t* payload = wire + kHeaderBytes;
  switch (header.type) {
    case MessageType::frame:
    case MessageType::offloadedFrame:
      return takeFrame(forwarder, header, wire);
    case MessageType::control:
      return takeControl(header, payload);
    case MessageType::datagramOffer:
      return takeOffer(payload);
    case MessageType::padding:
      return true;
    case MessageType::ping:
      lastPingedMs_ = worker_.turnMs;
      sendMessage(MessageType::pong, payload, kPingBytes);
      return true;
    case MessageType::pong: {
      uint64_t stamp, now = nowNs();
      memcpy(&stamp, payload, sizeof stamp);
      stall_.ponged(stamp);
      if (stamp >= now) return true;
      rttNs_ = now - stamp;
      std::lock_guard<std::mutex> guard(sendLock_);
      keepaliveRtt_.sample(now - stamp, now);
      return true;
    }
    default:
      close("protocol", "a message that was not agreed on");
      return false;
  }
}

bool Link::takeFrame(Forwarder& forwarder, const MessageHeader& header, uint8_t* wire) {
  if (info_.isJoin) {
    close("protocol", "a frame from a peer that only wants to join");
    return false;
  }
  bool isOffloadedFrame = header.type == MessageType::offloadedFrame;
  if (isOffloadedFrame && (!isOffloaded() || header.length < kVnetHeaderBytes)) {
    close("protocol", "an offloaded frame that was not agreed on");
    return false;
  }
  FrameView view;
  if (checkFrame(header, wire, &view)) forwarder.fromLink(view, header.hops);
  return true;
}

bool Link::checkFrame(const MessageHeader& header, uint8_t* wire, FrameView* view) {
  *view = {wire, nullptr, wire + kHeaderBytes, header.length};
  uint64_t bytes = view->length;
  uint32_t frames = 1;
  if (header.type == MessageType::offloadedFrame) {
    bool isAgreed = isOffloaded() && header.length >= kVnetHeaderBytes;
    if (isAgreed) {
      view->vnet = view->frame;
      view->frame += kVnetHeaderBytes;
      view->length -= kVnetHeaderBytes;
    }
    VnetHeader offload = isAgreed ? VnetHeader::parse(view->vnet) : VnetHeader{};
    if (!isAgreed || !validVnetHeader(offload, view->frame, view->length)) {
      drops.add(Drop::malformed);
      return false;
    }
    frames = wireFrames(offload, view->frame, view->length, &bytes);
  }
  traffic.received(frames, bytes);
  if (isUsable()) return true;
  drops.add(Drop::notAdmitted);
  return false;
}

bool Link::takeControl(const MessageHeader& header, const uint8_t* payload) {
  if (info_.isJoin && header.length > kJoinBytesMax) {
    close("protocol", "a join message longer than 16,384 bytes");
    return false;
  }
  Event event{Event::Kind::control};
  event.link = id;
  event.bytes.assign(payload, payload + header.length);
  if (plane_.events().push(std::move(event))) return true;
  close("protocol", "more control messages than can be handled");
  return false;
}

}  // namespace vnet
