// Fuzzes what a fast-path link receives over UDP: datagrams as they come, and, sealed with the
// right keys, whatever a peer could put into them: messages, and fragments to put together.
// Whatever the bytes are, nothing outside of them is read, nothing opens unless it was sealed, no
// datagram opens twice, what comes out of fragments is one frame, and the reassembler keeps to its
// bounds.
// sources: datagram.cc key_schedule.cc fragment.cc frame.cc
// libs: ssl crypto
#include "fuzz.h"

#include "../datagram.h"
#include "../fragment.h"
#include "check.h"
#include "cipher_suites.h"

using namespace vnet;
using Opened = DatagramOpener::Result;

constexpr uint32_t kReceiver = 77;

struct Ends {
  DatagramSealer sealer;
  DatagramOpener opener;
  Ends() {
    const SSL_CIPHER* cipher = cipherOf(kCipherSuites[0].name);
    CHECK(sealer.init(cipher, pattern(32)));
    CHECK(opener.init(cipher, pattern(32)));
  }
  Bytes seal(const Bytes& plain) {
    Bytes out(plain.size() + kDatagramOverheadBytes);
    size_t half = plain.size() / 2;
    CHECK(sealer.seal(kReceiver, plain.data(), half, plain.data() + half, plain.size() - half,
                      out.data()) == out.size());
    return out;
  }
};

/** What arrives from anywhere: opens only if it is one of `genuine`, and then once. */
static void checkForeign(Ends& ends, const Bytes& datagram, const std::vector<Bytes>& genuine) {
  uint32_t receiver = 0;
  size_t length = 0;
  uint64_t counter = 0;
  Bytes plain(datagram.size());
  bool isForm = DatagramOpener::peek(datagram.data(), datagram.size(), &receiver);
  Opened result =
      ends.opener.open(datagram.data(), datagram.size(), plain.data(), &length, &counter);
  CHECK((result == Opened::malformed) == !isForm);
  if (result != Opened::ok) return;
  CHECK(counter >= 1 && counter <= genuine.size() && datagram == genuine[counter - 1]);
  CHECK(receiver == kReceiver && length == datagram.size() - kDatagramOverheadBytes);
  CHECK(ends.opener.open(datagram.data(), datagram.size(), plain.data(), &length, &counter) ==
        Opened::replayed);
}

static void takeFragment(Reassembler& reassembler, const uint8_t* payload, size_t length,
                         uint64_t nowNs) {
  Reassembler::Outcome outcome = reassembler.take(payload, length, nowNs);
  CHECK(reassembler.messages() <= Reassembler::kMessagesMax);
  CHECK(reassembler.bytes() <= Reassembler::kBytesMax);
  CHECK((reassembler.messages() == 0) == (reassembler.bytes() == 0));
  if (outcome.result != Reassembler::Result::whole) return;
  MessageHeader header;
  CHECK(parseDatagramHeader(outcome.message, outcome.length, &header) == ParseResult::ok);
  CHECK(header.type == MessageType::frame || header.type == MessageType::offloadedFrame);
  CHECK(outcome.length == kHeaderBytes + header.length && outcome.length <= kMessageBytesMax);
  Bytes all(outcome.message, outcome.message + outcome.length);  // every byte may be read
  CHECK(all.size() == outcome.length);
}

/** What a peer with the keys sends; the hops of a message stand for the time that has passed. */
static void checkMessages(const Bytes& plain) {
  Reassembler reassembler;
  uint64_t nowNs = 0, given = 0;
  size_t at = 0;
  for (;;) {
    MessageHeader header;
    Bytes rest(plain.begin() + static_cast<ptrdiff_t>(at), plain.end());
    if (parseDatagramHeader(rest.data(), rest.size(), &header) != ParseResult::ok) break;
    CHECK(kHeaderBytes + header.length <= rest.size());
    nowNs += header.hops * uint64_t{10000000};
    if (header.type == MessageType::fragment) {
      takeFragment(reassembler, rest.data() + kHeaderBytes, header.length, nowNs);
      given++;
    }
    at += kHeaderBytes + header.length;
  }
  CHECK(reassembler.takeGivenUp() + reassembler.messages() <= given);
}

/** A message in fragments, the last ones first, comes out as it was. */
static void checkRoundTrip(const Bytes& payload, size_t room) {
  static uint32_t id = 0;
  Bytes message(kHeaderBytes);
  writeHeader(message.data(), MessageType::frame, 0, static_cast<uint32_t>(payload.size()));
  message.insert(message.end(), payload.begin(), payload.end());
  Fragmenter fragmenter(message.data(), message.size(), room, id++);
  if (!fragmenter.isValid()) return;
  std::vector<Bytes> fragments;
  Fragmenter::Piece piece;
  while (fragmenter.next(&piece)) {
    fragments.emplace_back(piece.head + kHeaderBytes, piece.head + sizeof piece.head);
    fragments.back().insert(fragments.back().end(), piece.body, piece.body + piece.bodyLength);
  }
  Reassembler reassembler;
  for (size_t i = fragments.size(); i-- > 0;) {
    auto outcome = reassembler.take(fragments[i].data(), fragments[i].size(), 0);
    if (i > 0) {
      CHECK(outcome.result == Reassembler::Result::waiting);
    } else {
      CHECK(outcome.result == Reassembler::Result::whole);
      CHECK(Bytes(outcome.message, outcome.message + outcome.length) == message);
    }
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  Bytes bytes(data + 1, data + size);
  if (bytes.size() > kDatagramPlainMax) bytes.resize(kDatagramPlainMax);
  Ends ends;
  std::vector<Bytes> genuine;
  for (size_t i = 1; i <= 3; i++) genuine.push_back(ends.seal(pattern(i * 20)));
  checkForeign(ends, bytes, genuine);
  Bytes sealed = ends.seal(bytes), plain(bytes.size());
  size_t length = 0;
  uint64_t counter = 0;
  CHECK(ends.opener.open(sealed.data(), sealed.size(), plain.data(), &length, &counter) ==
        Opened::ok);
  CHECK(length == bytes.size() && plain == bytes && counter == 4);
  checkMessages(plain);
  checkRoundTrip(plain, data[0] * size_t{4});
  return 0;
}

static void append(Bytes& plain, MessageType type, uint8_t hops, const Bytes& payload) {
  uint8_t header[kHeaderBytes];
  writeHeader(header, type, hops, static_cast<uint32_t>(payload.size()));
  plain.insert(plain.end(), header, header + kHeaderBytes);
  plain.insert(plain.end(), payload.begin(), payload.end());
}

std::vector<Bytes> fuzzSeeds() {
  std::vector<Bytes> seeds;
  Ends ends;
  for (size_t i = 1; i <= 3; i++) seeds.push_back(ends.seal(pattern(i * 20)));

  Bytes mixed;
  append(mixed, MessageType::frame, 1, Bytes(60, 2));
  append(mixed, MessageType::probe, 0, Bytes(100, 3));
  append(mixed, MessageType::probeAnswer, 0, Bytes(kProbeBytes, 4));
  append(mixed, MessageType::resendRequest, 0, Bytes(2 * kResendRangeBytes, 5));
  append(mixed, MessageType::repaired, 0, Bytes(80, 6));
  seeds.push_back(mixed);

  // Whole messages in fragments, all in one datagram, and one that wants its last piece.
  for (uint32_t id = 1; id <= 4; id++) {
    Bytes message, fragments;
    append(message, MessageType::frame, 0, Bytes(100 * id, static_cast<uint8_t>(id)));
    Fragmenter fragmenter(message.data(), message.size(), 60 + id, id << 24);
    Fragmenter::Piece piece;
    while (fragmenter.next(&piece)) {
      Bytes payload(piece.head + kHeaderBytes, piece.head + sizeof piece.head);
      payload.insert(payload.end(), piece.body, piece.body + piece.bodyLength);
      append(fragments, MessageType::fragment, static_cast<uint8_t>(id), payload);
    }
    seeds.push_back(fragments);
    fragments.resize(fragments.size() / 2);
    seeds.push_back(fragments);
  }
  Bytes begun;  // more than may wait
  for (uint8_t id = 0; id < 70; id++) {
    append(begun, MessageType::fragment, id / 32, {0, 0, 0, id, 1, 50, 0, 0, 9, 9, 9});
  }
  seeds.push_back(begun);
  for (Bytes& seed : seeds) seed.insert(seed.begin(), 20);  // the room for the round trip, by four
  return seeds;
}
