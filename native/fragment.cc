// Cutting messages into fragments and putting them together again. See fragment.h.
#include "fragment.h"

namespace vnet {

Fragmenter::Fragmenter(const uint8_t* message, size_t length, size_t roomBytes, uint32_t messageId)
    : message_(message), length_(length), messageId_(messageId) {
  if (roomBytes <= kFragmentHeadBytes) return;
  pieceBytes_ = roomBytes - kFragmentHeadBytes;
  size_t count = (length + pieceBytes_ - 1) / pieceBytes_;
  if (count > 1 && count <= kFragmentsMax) count_ = count;
}

bool Fragmenter::next(Piece* out) {
  if (index_ >= count_) return false;
  size_t at = index_ * pieceBytes_;
  out->body = message_ + at;
  out->bodyLength = length_ - at < pieceBytes_ ? length_ - at : pieceBytes_;
  writeHeader(out->head, MessageType::fragment, 0,
              static_cast<uint32_t>(kFragmentHeaderBytes + out->bodyLength));
  uint8_t* header = out->head + kHeaderBytes;
  for (int i = 0; i < 4; i++) header[i] = static_cast<uint8_t>(messageId_ >> (24 - 8 * i));
  header[4] = static_cast<uint8_t>(index_);
  header[5] = static_cast<uint8_t>(count_);
  header[6] = header[7] = 0;
  index_++;
  return true;
}

Reassembler::Outcome Reassembler::take(const uint8_t* payload, size_t length, uint64_t nowNs) {
  if (nowNs >= expiryNs_) expire(nowNs);
  Fragment fragment;
  if (!parse(payload, length, &fragment)) return {Result::malformed};
  if (finished_[fragment.messageId % kFinishedIds] == uint64_t{fragment.messageId} + 1) {
    return {Result::late};
  }
  Pending* pending = find(fragment.messageId);
  if (!pending) {
    Pending fresh;
    fresh.count = fragment.count;
    if (!agrees(fresh, fragment)) return {Result::malformed};
    pending = &begin(fragment, nowNs);
  } else if (!agrees(*pending, fragment)) {
    return {Result::malformed};
  }
  uint64_t bit = uint64_t{1} << fragment.index % 64;
  uint64_t& seen = pending->seen[fragment.index / 64];
  if (seen & bit) return {Result::late};
  seen |= bit;
  place(*pending, fragment);
  if (++pending->received < pending->count) return {Result::waiting};
  return complete(*pending);
}

bool Reassembler::parse(const uint8_t* payload, size_t length, Fragment* out) {
  if (length <= kFragmentHeaderBytes) return false;
  out->messageId = static_cast<uint32_t>(payload[0]) << 24 |
                   static_cast<uint32_t>(payload[1]) << 16 |
                   static_cast<uint32_t>(payload[2]) << 8 | payload[3];
  out->index = payload[4];
  out->count = payload[5];
  out->piece = payload + kFragmentHeaderBytes;
  out->length = length - kFragmentHeaderBytes;
  return out->count > 1 && out->index < out->count && payload[6] == 0 && payload[7] == 0;
}

/** Whether the fragment can be of the same message as those before, and that of a legal length. */
bool Reassembler::agrees(const Pending& pending, const Fragment& fragment) {
  if (fragment.count != pending.count) return false;
  size_t pieceBytes = fragment.isLast() ? pending.pieceBytes : fragment.length;
  size_t lastBytes = fragment.isLast() ? fragment.length : pending.lastBytes;
  if (pieceBytes == 0) return lastBytes <= kMessageBytesMax;
  if (pending.pieceBytes != 0 && pieceBytes != pending.pieceBytes) return false;
  if (lastBytes > pieceBytes) return false;
  size_t atLeast = lastBytes > 0 ? lastBytes : 1;
  return (pending.count - size_t{1}) * pieceBytes + atLeast <= kMessageBytesMax;
}

Reassembler::Pending* Reassembler::find(uint32_t messageId) {
  for (uint64_t left = used_; left != 0; left &= left - 1) {
    Pending& pending = pending_[static_cast<size_t>(__builtin_ctzll(left))];
    if (pending.messageId == messageId) return &pending;
  }
  return nullptr;
}

Reassembler::Pending& Reassembler::begin(const Fragment& fragment, uint64_t nowNs) {
  if (used_ == UINT64_MAX) giveUpOldest(nullptr);
  size_t slot = static_cast<size_t>(__builtin_ctzll(~used_));
  used_ |= uint64_t{1} << slot;
  Pending& pending = pending_[slot];
  pending.messageId = fragment.messageId;
  pending.count = fragment.count;
  pending.startedNs = nowNs;
  if (nowNs + kLifetimeNs < expiryNs_) expiryNs_ = nowNs + kLifetimeNs;
  return pending;
}

void Reassembler::place(Pending& pending, const Fragment& fragment) {
  size_t lastAt = (pending.count - size_t{1}) * pending.pieceBytes;
  if (fragment.isLast()) {
    if (pending.pieceBytes == 0) reserve(pending, fragment.length);
    memcpy(pending.bytes.get() + lastAt, fragment.piece, fragment.length);
    pending.lastBytes = fragment.length;
    return;
  }
  if (pending.pieceBytes == 0) {
    // The length of the pieces is known from here on, and with it the place of the last one.
    std::unique_ptr<uint8_t[]> last = std::move(pending.bytes);
    size_t capacity = pending.count * fragment.length;
    reserve(pending, capacity < kMessageBytesMax ? capacity : kMessageBytesMax);
    pending.pieceBytes = fragment.length;
    lastAt = (pending.count - size_t{1}) * pending.pieceBytes;
    if (last) memcpy(pending.bytes.get() + lastAt, last.get(), pending.lastBytes);
  }
  memcpy(pending.bytes.get() + fragment.index * pending.pieceBytes, fragment.piece,
         fragment.length);
}

/** Gives the message new room of `capacity` bytes; others give way to it. */
void Reassembler::reserve(Pending& pending, size_t capacity) {
  bytes_ -= pending.capacity;
  pending.capacity = 0;
  while (bytes_ + capacity > kBytesMax) giveUpOldest(&pending);
  pending.bytes = std::make_unique_for_overwrite<uint8_t[]>(capacity);
  pending.capacity = capacity;
  bytes_ += capacity;
}

Reassembler::Outcome Reassembler::complete(Pending& pending) {
  size_t length = (pending.count - size_t{1}) * pending.pieceBytes + pending.lastBytes;
  whole_ = std::move(pending.bytes);
  finish(pending);
  MessageHeader header;
  bool isWhole = parseDatagramHeader(whole_.get(), length, &header) == ParseResult::ok &&
                 header.length + kHeaderBytes == length;
  bool isFrame = isWhole && (header.type == MessageType::frame ||
                             header.type == MessageType::offloadedFrame);
  if (!isFrame) return {Result::malformed};
  return {Result::whole, whole_.get(), length};
}

void Reassembler::finish(Pending& pending) {
  finished_[pending.messageId % kFinishedIds] = uint64_t{pending.messageId} + 1;
  bytes_ -= pending.capacity;
  used_ &= ~(uint64_t{1} << (&pending - pending_.data()));
  pending = Pending{};
  if (used_ == 0) expiryNs_ = UINT64_MAX;
}

void Reassembler::giveUpOldest(const Pending* butNot) {
  Pending* oldest = nullptr;
  for (uint64_t left = used_; left != 0; left &= left - 1) {
    Pending& pending = pending_[static_cast<size_t>(__builtin_ctzll(left))];
    if (&pending == butNot) continue;
    if (!oldest || pending.startedNs < oldest->startedNs) oldest = &pending;
  }
  if (!oldest) return;
  finish(*oldest);
  givenUp_++;
}

void Reassembler::expire(uint64_t nowNs) {
  expiryNs_ = UINT64_MAX;
  for (uint64_t left = used_; left != 0; left &= left - 1) {
    Pending& pending = pending_[static_cast<size_t>(__builtin_ctzll(left))];
    uint64_t endsNs = pending.startedNs + kLifetimeNs;
    if (endsNs <= nowNs) {
      finish(pending);
      givenUp_++;
    } else if (endsNs < expiryNs_) {
      expiryNs_ = endsNs;
    }
  }
}

uint64_t Reassembler::takeGivenUp() {
  uint64_t count = givenUp_;
  givenUp_ = 0;
  return count;
}

}  // namespace vnet
