// Link messages that are too long for one datagram travel in fragments: messages of their own, each
// with a header before its piece, numbers in network order:
//
//   0            4       5       6     8
//   | message id | index | count | 0 0 | a piece of the message, its header included
//
// All pieces but the last have the same length, and the last is not longer; so every piece has its
// place, whatever arrives first. Only frames are cut.
#pragma once

#include <array>
#include <memory>

#include "common.h"
#include "frame.h"

namespace vnet {

/** Before the piece in a datagram: the header of the message and that of the fragment. */
constexpr size_t kFragmentHeadBytes = kHeaderBytes + kFragmentHeaderBytes;
constexpr size_t kFragmentsMax = 255;

/** Cuts one message without copying it. Valid as long as the message is. */
class Fragmenter {
 public:
  struct Piece {
    uint8_t head[kFragmentHeadBytes];
    const uint8_t* body;
    size_t bodyLength;
  };

  /** `message` with its header; `roomBytes`: of a datagram for head and body of a piece. */
  Fragmenter(const uint8_t* message, size_t length, size_t roomBytes, uint32_t messageId);

  /** False: one piece would hold it all, or kFragmentsMax pieces would not. */
  bool isValid() const { return count_ > 1; }
  size_t count() const { return count_; }
  /** The next piece; false: there was none left. */
  bool next(Piece* out);

 private:
  const uint8_t* message_;
  size_t length_;
  size_t pieceBytes_ = 0;
  size_t count_ = 0;  // 0: not valid
  size_t index_ = 0;
  uint32_t messageId_;
};

/**
 * Puts the fragments of a link together, in whatever order they arrive. A fragment that is a lie is
 * refused and changes nothing.
 */
class Reassembler {
 public:
  static constexpr size_t kMessagesMax = 64;
  /** Of all incomplete messages: sixteen of the longest. The one that take() gave comes on top. */
  static constexpr size_t kBytesMax = 1048576;
  /** As IP gives a datagram at least 15 s, but a guest asks again long before. */
  static constexpr uint64_t kLifetimeNs = 1000000000;

  enum class Result : uint8_t {
    waiting,    // for the other pieces
    whole,      // `message` is complete
    late,       // a second time, or of a message that is finished or given up
    malformed,  // not a fragment, at odds with earlier pieces, or a sum that is not one frame
  };

  struct Outcome {
    Result result;
    /** A frame or offloaded frame with its header; valid until the next call. Only if whole. */
    uint8_t* message = nullptr;
    size_t length = 0;
  };

  /** Takes the payload of a message of type fragment, that is, with the fragment's header. */
  Outcome take(const uint8_t* payload, size_t length, uint64_t nowNs);

  /** Gives up what is older than kLifetimeNs; take() does so too. */
  void expire(uint64_t nowNs);

  /** Incomplete messages given up since the last call, for age or for want of room. */
  uint64_t takeGivenUp();

  size_t messages() const { return static_cast<size_t>(__builtin_popcountll(used_)); }
  size_t bytes() const { return bytes_; }

 private:
  struct Fragment {
    uint32_t messageId;
    uint8_t index;
    uint8_t count;
    const uint8_t* piece;
    size_t length;
    bool isLast() const { return index + 1 == count; }
  };

  struct Pending {
    uint32_t messageId = 0;
    uint8_t count = 0;
    uint8_t received = 0;
    size_t pieceBytes = 0;  // of all but the last; 0: only that is here, in front of `bytes`
    size_t lastBytes = 0;   // 0: the last is not here
    size_t capacity = 0;
    uint64_t startedNs = 0;
    std::array<uint64_t, 4> seen{};
    std::unique_ptr<uint8_t[]> bytes;
  };

  static constexpr size_t kFinishedIds = 256;

  std::array<Pending, kMessagesMax> pending_;
  uint64_t used_ = 0;  // a bit for each of `pending_`
  size_t bytes_ = 0;
  uint64_t givenUp_ = 0;
  uint64_t expiryNs_ = UINT64_MAX;  // not later than the first message to be given up
  std::unique_ptr<uint8_t[]> whole_;
  /** id + 1 of messages that need no more pieces, at id modulo kFinishedIds. */
  std::array<uint64_t, kFinishedIds> finished_{};

  static bool parse(const uint8_t* payload, size_t length, Fragment* out);
  static bool agrees(const Pending& pending, const Fragment& fragment);
  Pending* find(uint32_t messageId);
  Pending& begin(const Fragment& fragment, uint64_t nowNs);
  void place(Pending& pending, const Fragment& fragment);
  void reserve(Pending& pending, size_t capacity);
  Outcome complete(Pending& pending);
  void finish(Pending& pending);
  void giveUpOldest(const Pending* butNot);
};

}  // namespace vnet
