// Fragments: cutting and putting together in any order, lies, and every bound of the reassembler.
// sources: fragment.cc frame.cc libs: -
#include "../fragment.h"

#include <algorithm>
#include <random>
#include <vector>

#include "check.h"

using namespace vnet;
using Bytes = std::vector<uint8_t>;
using Result = Reassembler::Result;

constexpr uint64_t kSecondNs = 1000000000;

static Bytes messageOf(size_t frameBytes, MessageType type = MessageType::frame) {
  Bytes message(kHeaderBytes + frameBytes);
  writeHeader(message.data(), type, 1, static_cast<uint32_t>(frameBytes));
  for (size_t i = kHeaderBytes; i < message.size(); i++) {
    message[i] = static_cast<uint8_t>(i * 7 + i / 256);
  }
  return message;
}

/** The payloads of the fragments of a message, as they leave a datagram. */
static std::vector<Bytes> cut(const Bytes& message, size_t room, uint32_t id) {
  Fragmenter fragmenter(message.data(), message.size(), room, id);
  CHECK(fragmenter.isValid());
  std::vector<Bytes> fragments;
  Fragmenter::Piece piece;
  while (fragmenter.next(&piece)) {
    MessageHeader header;
    CHECK(sizeof piece.head + piece.bodyLength <= room);
    Bytes wire(piece.head, piece.head + sizeof piece.head);
    wire.insert(wire.end(), piece.body, piece.body + piece.bodyLength);
    CHECK(parseDatagramHeader(wire.data(), wire.size(), &header) == ParseResult::ok);
    CHECK(header.type == MessageType::fragment && header.length == wire.size() - kHeaderBytes);
    fragments.emplace_back(wire.begin() + kHeaderBytes, wire.end());
  }
  CHECK(fragments.size() == fragmenter.count());
  return fragments;
}

static Result take(Reassembler& reassembler, const Bytes& fragment, uint64_t nowNs = 1) {
  return reassembler.take(fragment.data(), fragment.size(), nowNs).result;
}

static void takeAll(Reassembler& reassembler, const std::vector<Bytes>& fragments,
                    const Bytes& message) {
  for (size_t i = 0; i + 1 < fragments.size(); i++) {
    CHECK(take(reassembler, fragments[i]) == Result::waiting);
  }
  const Bytes& last = fragments.back();
  Reassembler::Outcome outcome = reassembler.take(last.data(), last.size(), 1);
  CHECK(outcome.result == Result::whole);
  CHECK(Bytes(outcome.message, outcome.message + outcome.length) == message);
  CHECK(reassembler.messages() == 0 && reassembler.bytes() == 0);
}

static void cutting() {
  Bytes message = messageOf(3000);
  std::vector<Bytes> fragments = cut(message, 1016, 0x01020304);
  CHECK(fragments.size() == 4);
  for (size_t i = 0; i < 3; i++) CHECK(fragments[i].size() == kFragmentHeaderBytes + 1000);
  CHECK(fragments[3].size() == kFragmentHeaderBytes + 8);
  const Bytes header = {1, 2, 3, 4, 2, 4, 0, 0};
  CHECK(Bytes(fragments[2].begin(), fragments[2].begin() + 8) == header);

  auto isValid = [&](size_t length, size_t room) {
    return Fragmenter(message.data(), length, room, 1).isValid();
  };
  CHECK(!isValid(1000, 1016) && isValid(1001, 1016));  // one piece holds it
  CHECK(isValid(2550, 26) && !isValid(2551, 26));      // 255 pieces, or more
  CHECK(!isValid(100, kFragmentHeadBytes) && !isValid(100, 0) && !isValid(0, 1000));
  Fragmenter::Piece piece;
  CHECK(!Fragmenter(message.data(), 3000, 16, 1).next(&piece));
}

static void anyOrder() {
  std::mt19937_64 random(3);
  Reassembler reassembler;
  uint32_t id = UINT32_MAX - 100;  // ids wrap
  for (size_t length : {size_t{1400}, size_t{1514}, size_t{9000}, kFrameBytesMax}) {
    for (size_t room : {280, 1168, 1380, 8900}) {
      bool isOffloaded = random() % 2 == 0;
      Bytes message = messageOf(length + (isOffloaded ? kVnetHeaderBytes : 0),
                                isOffloaded ? MessageType::offloadedFrame : MessageType::frame);
      if (message.size() + kFragmentHeadBytes <= room) continue;
      std::vector<Bytes> fragments = cut(message, room, id++);
      for (int turn = 0; turn < 20; turn++) {
        takeAll(reassembler, fragments, message);
        fragments = cut(message, room, id++);
        std::shuffle(fragments.begin(), fragments.end(), random);
      }
      std::reverse(fragments.begin(), fragments.end());
      takeAll(reassembler, fragments, message);
    }
  }
  CHECK(reassembler.takeGivenUp() == 0);
}

static void interleaved() {
  Reassembler reassembler;
  std::vector<std::pair<size_t, Bytes>> all;
  std::vector<Bytes> messages;
  for (size_t i = 0; i < Reassembler::kMessagesMax; i++) {
    messages.push_back(messageOf(2000 + i));
    for (Bytes& one : cut(messages[i], 500, static_cast<uint32_t>(i))) all.emplace_back(i, one);
  }
  std::mt19937_64 random(4);
  std::shuffle(all.begin(), all.end(), random);
  size_t whole = 0;
  for (auto& [i, fragment] : all) {
    Reassembler::Outcome outcome = reassembler.take(fragment.data(), fragment.size(), 1);
    if (outcome.result != Result::whole) continue;
    CHECK(Bytes(outcome.message, outcome.message + outcome.length) == messages[i]);
    whole++;
  }
  CHECK(whole == messages.size() && reassembler.takeGivenUp() == 0);
}

static void secondTime() {
  Reassembler reassembler;
  Bytes message = messageOf(3000);
  std::vector<Bytes> fragments = cut(message, 1016, 9);
  CHECK(take(reassembler, fragments[1]) == Result::waiting);
  CHECK(take(reassembler, fragments[1]) == Result::late);
  CHECK(take(reassembler, fragments[3]) == Result::waiting);
  CHECK(take(reassembler, fragments[3]) == Result::late);
  CHECK(take(reassembler, fragments[0]) == Result::waiting);
  CHECK(take(reassembler, fragments[2]) == Result::whole);
  for (Bytes& fragment : fragments) CHECK(take(reassembler, fragment) == Result::late);
  CHECK(reassembler.messages() == 0);
}

static Bytes fragmentOf(uint32_t id, uint8_t index, uint8_t count, size_t length,
                        uint8_t reserved = 0) {
  Bytes fragment(kFragmentHeaderBytes + length, 0x55);
  fragment[0] = fragment[1] = fragment[2] = 0;
  fragment[3] = static_cast<uint8_t>(id);
  fragment[4] = index;
  fragment[5] = count;
  fragment[6] = 0;
  fragment[7] = reserved;
  return fragment;
}

static void lies() {
  Reassembler reassembler;
  for (size_t length = 0; length <= kFragmentHeaderBytes; length++) {
    Bytes fragment = fragmentOf(1, 0, 2, 1);
    CHECK(reassembler.take(fragment.data(), length, 1).result == Result::malformed);
  }
  CHECK(take(reassembler, fragmentOf(1, 0, 0, 10)) == Result::malformed);
  CHECK(take(reassembler, fragmentOf(1, 0, 1, 10)) == Result::malformed);
  CHECK(take(reassembler, fragmentOf(1, 2, 2, 10)) == Result::malformed);
  CHECK(take(reassembler, fragmentOf(1, 0, 2, 10, 1)) == Result::malformed);
  CHECK(take(reassembler, fragmentOf(1, 0, 2, kMessageBytesMax)) == Result::malformed);
  CHECK(take(reassembler, fragmentOf(1, 1, 2, kMessageBytesMax + 1)) == Result::malformed);
  CHECK(take(reassembler, fragmentOf(1, 0, 255, 1000)) == Result::malformed);
  CHECK(reassembler.messages() == 0 && reassembler.bytes() == 0);

  // At odds with what is there already: refused, and what is there completes all the same.
  Bytes message = messageOf(3000);
  std::vector<Bytes> fragments = cut(message, 1016, 5);
  CHECK(take(reassembler, fragments[3]) == Result::waiting);
  CHECK(take(reassembler, fragmentOf(5, 1, 4, 7)) == Result::malformed);  // shorter than the last
  CHECK(take(reassembler, fragments[0]) == Result::waiting);
  CHECK(take(reassembler, fragmentOf(5, 1, 3, 1000)) == Result::malformed);
  CHECK(take(reassembler, fragmentOf(5, 1, 4, 999)) == Result::malformed);
  CHECK(take(reassembler, fragmentOf(5, 3, 4, 1001)) == Result::malformed);
  CHECK(take(reassembler, fragmentOf(5, 4, 5, 8)) == Result::malformed);
  CHECK(take(reassembler, fragments[1]) == Result::waiting);
  CHECK(take(reassembler, fragments[2]) == Result::whole);
  // A sum too long by its last piece, which came first.
  CHECK(take(reassembler, fragmentOf(6, 1, 2, 32788)) == Result::waiting);
  CHECK(take(reassembler, fragmentOf(6, 0, 2, 32788)) == Result::malformed);
  CHECK(reassembler.takeGivenUp() == 0);
}

static void notOneFrame() {
  Reassembler reassembler;
  uint32_t id = 1;
  auto resultOf = [&](const Bytes& message) {
    Result result = Result::waiting;
    for (Bytes& one : cut(message, message.size() / 2 + 20, id)) result = take(reassembler, one);
    id++;
    return result;
  };
  CHECK(resultOf(messageOf(100)) == Result::whole);
  CHECK(resultOf(messageOf(100, MessageType::control)) == Result::malformed);
  CHECK(resultOf(messageOf(100, MessageType::probe)) == Result::malformed);
  CHECK(resultOf(messageOf(100, MessageType::fragment)) == Result::malformed);
  CHECK(resultOf(messageOf(100, MessageType::repaired)) == Result::malformed);
  Bytes more = messageOf(100), less = messageOf(100);
  more.push_back(0);
  less.pop_back();
  CHECK(resultOf(more) == Result::malformed && resultOf(less) == Result::malformed);
  CHECK(reassembler.messages() == 0 && reassembler.bytes() == 0);
}

static void bounds() {
  Reassembler reassembler;
  for (uint32_t id = 0; id < 70; id++) {
    CHECK(take(reassembler, fragmentOf(id, 0, 2, 10), id + 1) == Result::waiting);
  }
  CHECK(reassembler.messages() == Reassembler::kMessagesMax);
  CHECK(reassembler.takeGivenUp() == 6 && reassembler.takeGivenUp() == 0);
  CHECK(take(reassembler, fragmentOf(5, 1, 2, 10), 100) == Result::late);        // given up
  CHECK(take(reassembler, fragmentOf(6, 1, 2, 10), 100) == Result::malformed);  // was still there
  CHECK(reassembler.messages() == Reassembler::kMessagesMax - 1);

  Reassembler heavy;
  for (uint32_t id = 0; id < 40; id++) {
    CHECK(take(heavy, fragmentOf(id, id % 3 ? 0 : 1, 2, 32000), id + 1) == Result::waiting);
    CHECK(heavy.bytes() <= Reassembler::kBytesMax);
  }
  CHECK(heavy.messages() < 40 && heavy.takeGivenUp() == 40 - heavy.messages());
  // The last piece alone takes little; when its message grows, the others give way, never it.
  Reassembler grown;
  CHECK(take(grown, fragmentOf(200, 1, 2, 10), 1) == Result::waiting);
  for (uint32_t id = 0; id < 16; id++) {
    CHECK(take(grown, fragmentOf(id, 0, 2, 32700), id + 2) == Result::waiting);
  }
  CHECK(grown.takeGivenUp() == 0);
  CHECK(take(grown, fragmentOf(200, 0, 2, 65000), 50) == Result::malformed);  // no frame, but whole
  CHECK(grown.takeGivenUp() == 1 && grown.messages() == 15);
}

static void lifetime() {
  Reassembler reassembler;
  CHECK(take(reassembler, fragmentOf(1, 0, 3, 10), 0) == Result::waiting);
  CHECK(take(reassembler, fragmentOf(2, 0, 3, 10), kSecondNs / 2) == Result::waiting);
  CHECK(take(reassembler, fragmentOf(1, 1, 3, 10), kSecondNs - 1) == Result::waiting);
  CHECK(take(reassembler, fragmentOf(1, 2, 3, 10), kSecondNs) == Result::late);
  CHECK(reassembler.takeGivenUp() == 1 && reassembler.messages() == 1);
  reassembler.expire(kSecondNs + kSecondNs / 2 - 1);
  CHECK(reassembler.messages() == 1);
  reassembler.expire(kSecondNs + kSecondNs / 2);
  CHECK(reassembler.messages() == 0 && reassembler.bytes() == 0);
  CHECK(reassembler.takeGivenUp() == 1);
}

int main() {
  CASE("pieces are of one length but the last, and fit their room");
  cutting();
  CASE("a message comes together again in any order");
  anyOrder();
  CASE("many messages at a time");
  interleaved();
  CASE("what arrives again is late");
  secondTime();
  CASE("lies are refused and change nothing");
  lies();
  CASE("only a frame comes out");
  notOneFrame();
  CASE("messages and bytes are bounded, the oldest gives way");
  bounds();
  CASE("a message that does not complete is given up after a second");
  lifetime();
  return 0;
}
