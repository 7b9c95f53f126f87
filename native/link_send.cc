// What leaves on a link, strictly in this order whenever the socket takes bytes:
//  1. the rest of what is sealed already     (the stream must not be torn)
//  2. control messages and keepalive         (never starved by frames)
//  3. frames, fairly between flows           (fair_queue.h)
// While nothing waits, frames are sealed from where they lie and written at once: no queue, no
// copy.
#include <errno.h>
#include <sys/socket.h>

#include "forwarder.h"
#include "gso.h"
#include "link.h"
#include "plane.h"

namespace vnet {

static uint64_t countMessages(const uint8_t* wire, size_t length) {
  uint64_t count = 0;
  for (size_t at = 0; at < length; at += messageLength(wire + at)) count++;
  return count;
}

/** As the receiver counts them: frames and bytes on the guest's wire. */
static void countSent(TrafficCounters& traffic, const uint8_t* wire, size_t length) {
  uint64_t frames = 0, bytes = 0;
  for (size_t at = 0; at < length;) {
    size_t message = messageLength(wire + at);
    const uint8_t* frame = wire + at + kHeaderBytes;
    uint64_t frameBytes = message - kHeaderBytes;
    if (wire[at] == static_cast<uint8_t>(MessageType::offloadedFrame)) {
      VnetHeader offload = VnetHeader::parse(frame);
      size_t plain = frameBytes - kVnetHeaderBytes;
      frames += wireFrames(offload, frame + kVnetHeaderBytes, plain, &frameBytes);
    } else {
      frames++;
    }
    bytes += frameBytes;
    at += message;
  }
  traffic.sent(frames, bytes);
}

void Link::sendFrames(const uint8_t* wire, size_t length) {
  std::lock_guard<std::mutex> guard(sendLock_);
  if (!isOpen_ || !isUsable()) {
    drops.add(Drop::linkClosed, countMessages(wire, length));
    return;
  }
  countSent(traffic, wire, length);
  if (datagrams_ && datagrams_->isChosen()) return datagrams_->sendFrames(wire, length);
  if (!isIdleToSend()) {
    enqueue(wire, length);
    return drain();
  }
  size_t at = 0;
  while (at < length) {
    size_t batch = 0;
    while (at + batch < length && batch < kBatchBytes) batch += messageLength(wire + at + batch);
    bool isTaken = sealAndSend(wire + at, batch);
    at += batch;
    if (!isTaken) break;
  }
  if (at < length) enqueue(wire + at, length - at);
  noteWaiting();
}

void Link::enqueue(const uint8_t* wire, size_t length) {
  endProbe();  // what waits tells of the path as well
  uint64_t now = nowNs();
  size_t dropped = 0;
  for (size_t at = 0; at < length;) {
    size_t message = messageLength(wire + at);
    dropped += queue_.push(wire + at, message, now);
    at += message;
  }
  if (dropped > 0) drops.add(Drop::queueFull, dropped);
}

void Link::sendSegmented(const FrameView& view, uint8_t hops, uint8_t* scratch) {
  // Room for a message header in front of each segment, which is built behind it.
  uint8_t* segmentScratch = scratch + kHeaderBytes;
  auto sink = [&](uint8_t* frame, size_t length) {
    std::vector<uint8_t> wire(kHeaderBytes + length);
    writeHeader(wire.data(), MessageType::frame, hops, static_cast<uint32_t>(length));
    memcpy(wire.data() + kHeaderBytes, frame, length);
    sendFrames(wire.data(), wire.size());
  };
  VnetHeader offload = VnetHeader::parse(view.vnet);
  if (!segment(offload, view.frame, view.length, segmentScratch, sink)) {
    drops.add(Drop::malformed);
  }
}

bool Link::sendControl(const uint8_t* message, size_t length) {
  return length <= kControlBytesMax && sendMessage(MessageType::control, message, length);
}

bool Link::sendMessage(MessageType type, const uint8_t* payload, size_t length) {
  std::lock_guard<std::mutex> guard(sendLock_);
  size_t bytesMax =
      type == MessageType::control ? kControlQueueBytesMax : kKeepaliveQueueBytesMax;
  if (!isOpen_ || controlBytes_ + length > bytesMax) return false;
  std::vector<uint8_t> wire(kHeaderBytes + length);
  writeHeader(wire.data(), type, 0, static_cast<uint32_t>(length));
  memcpy(wire.data() + kHeaderBytes, payload, length);
  controlBytes_ += wire.size();
  control_.push_back(std::move(wire));
  drain();
  return true;
}

/** True: the socket took all. False: it is full (the rest waits in sealed_), or broken. */
bool Link::sealAndSend(const uint8_t* wire, size_t length) {
  static thread_local std::vector<uint8_t> buffer;
  size_t need = sealedBytes(length) + Sealer::kKeyUpdateBytes;
  if (buffer.size() < need) buffer.resize(need);
  size_t sealed = sealer_.seal(wire, length, buffer.data());
  if (sealed == 0) {
    brokenWhileSending(EIO);
    return false;
  }
  ssize_t n = send(fd_, buffer.data(), sealed, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN && errno != EINTR) {
    brokenWhileSending(errno);
    return false;
  }
  size_t sent = n > 0 ? static_cast<size_t>(n) : 0;
  if (sent == sealed) return true;
  sealed_.assign(buffer.begin() + static_cast<ptrdiff_t>(sent),
                 buffer.begin() + static_cast<ptrdiff_t>(sealed));
  sealedSent_ = 0;
  return false;
}

/** True: nothing sealed is left. */
bool Link::sendRest() {
  while (sealedSent_ < sealed_.size()) {
    size_t left = sealed_.size() - sealedSent_;
    ssize_t n = send(fd_, sealed_.data() + sealedSent_, left, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) brokenWhileSending(errno);
    if (n < 0) return false;
    sealedSent_ += static_cast<size_t>(n);
  }
  sealed_.clear();
  sealedSent_ = 0;
  return true;
}

/** With nothing sealed before it. True: nothing sealed is left. */
bool Link::sendKeyUpdate() {
  owesKeyUpdate_ = false;
  sealed_.resize(Sealer::kKeyUpdateBytes);
  if (sealer_.sealKeyUpdate(sealed_.data()) == 0) {
    sealed_.clear();
    brokenWhileSending(EIO);
    return false;
  }
  return sendRest();
}

bool Link::drainControl() {
  static thread_local std::vector<uint8_t> batch;
  while (!control_.empty()) {
    batch.clear();
    while (!control_.empty() && batch.size() < kBatchBytes) {
      auto& message = control_.front();
      batch.insert(batch.end(), message.begin(), message.end());
      controlBytes_ -= message.size();
      control_.pop_front();
    }
    if (!sealAndSend(batch.data(), batch.size())) return false;
  }
  return true;
}

void Link::drain() {
  if (drainQueues()) drainPadding();
  noteWaiting();
}

/** After each change of what waits; asks for the time only when that begins or ends. */
void Link::noteWaiting() {
  bool isWaiting = !isIdleToSend();
  if (isWaiting != waiting_.isWaiting()) waiting_.note(isWaiting, nowNs());
}

/** True: all of them are empty. */
bool Link::drainQueues() {
  static thread_local std::vector<uint8_t> batch(kBatchBytes + kMessageBytesMax);
  if (!isOpen_ || !sendRest() || (owesKeyUpdate_ && !sendKeyUpdate())) return false;
  for (;;) {
    if (!drainControl()) return false;
    if (queue_.empty()) return true;
    uint32_t dropped = 0;
    size_t length = 
        queue_.pull(batch.data(), batch.size(), tuner_.batchBytes(), nowNs(), &dropped);
    if (dropped > 0) drops.add(Drop::queueFull, dropped);
    if (length == 0 || !sealAndSend(batch.data(), length)) return false;
  }
}

void Link::brokenWhileSending(int error) {
  isOpen_ = false;
  auto self = shared_from_this();
  worker_.post([self, error] {
    self->receive(self->worker_, true);  // what the peer said before it went: its Goodbye, an alert
    self->close("io", strerror(error));
  });
}

}  // namespace vnet
