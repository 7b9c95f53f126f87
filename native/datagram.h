// The datagrams of a fast-path link: what travels over UDP beside its TLS connection. Each is a
// header, then link messages (frame.h) sealed by the AEAD that TLS negotiated, then the tag:
//
//   0        1       2     4          8         16
//   | type 1 | epoch | 0 0 | receiver | counter | ciphertext | tag of 16 bytes |
//
// Numbers are in network order, and all of the header is authenticated. `receiver` is how the
// receiving end knows the link; it chose the number. `counter` starts at 1 and never falls back,
// also not at a change of keys; the nonce is the IV XOR the counter, as for a TLS record. `epoch`
// counts the generations of keys from 0, modulo 256. Each direction has a secret from the TLS
// exporter (RFC 8446 section 7.5), from which keys are made as in TLS (key_schedule.h).
#pragma once

#include <memory>

#include "key_schedule.h"
#include "replay_window.h"

namespace vnet {

constexpr size_t kDatagramHeaderBytes = 16;
constexpr size_t kDatagramTagBytes = kTagBytes;
constexpr size_t kDatagramOverheadBytes = kDatagramHeaderBytes + kDatagramTagBytes;
/** The largest payload of UDP over IPv4; IPv6 could have 20 bytes more. */
constexpr size_t kDatagramBytesMax = 65507;
constexpr size_t kDatagramPlainMax = kDatagramBytesMax - kDatagramOverheadBytes;
/**
 * Datagrams per generation of keys. AES-GCM stands 2^24.5 full records (RFC 8446 section 5.5), of
 * which a datagram may be four.
 */
constexpr uint64_t kDatagramsPerKey = uint64_t{1} << 22;

/** Key, IV and cipher of one direction and generation, ready for use. */
struct DatagramKeys {
  struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  };
  std::unique_ptr<EVP_CIPHER_CTX, Free> context;  // null: no keys
  uint8_t iv[kNonceBytes] = {};

  /** False: OpenSSL failed; there are no keys then. */
  bool derive(const TrafficSecret& secret, bool isSealing);
};

/** Seals the datagrams of one direction. One thread at a time. */
class DatagramSealer {
 public:
  /** Keys are renewed after this many datagrams. */
  uint64_t datagramsPerKey = kDatagramsPerKey;

  /** False: not a cipher suite of TLS 1.3, or OpenSSL failed. Once, before all else. */
  bool init(const SSL_CIPHER* cipher, const std::vector<uint8_t>& secret);

  /**
   * Writes the datagram of head||body to `out`, which has room for both and
   * kDatagramOverheadBytes, and does not overlap them. Either part may be empty. Returns the bytes
   * written; 0: longer than kDatagramPlainMax, or OpenSSL failed, and nothing of `out` may be sent.
   */
  size_t seal(uint32_t receiver, const uint8_t* head, size_t headLength, const uint8_t* body,
              size_t bodyLength, uint8_t* out);

  /** Of the newest datagram; 0: none yet. */
  uint64_t lastCounter() const { return counter_; }
  uint8_t epoch() const { return epoch_; }

 private:
  TrafficSecret secret_;
  DatagramKeys keys_;
  uint64_t counter_ = 0;
  uint64_t sealedWithKey_ = 0;
  uint8_t epoch_ = 0;

  bool renewKeys();
};

/**
 * Opens the datagrams of one direction, in whatever order they arrive. One thread at a time.
 * Follows the sender's changes of keys by itself, as long as one datagram of each generation
 * arrives; else all that follows is unauthentic, and the link needs a new exchange of secrets.
 */
class DatagramOpener {
 public:
  enum class Result : uint8_t {
    ok,
    malformed,    // not a datagram of VNET
    unauthentic,  // not sealed by the peer, or changed on the way
    replayed,     // seen already, or too old to tell
  };

  /** False: not a cipher suite of TLS 1.3, or OpenSSL failed. Once, before all else. */
  bool init(const SSL_CIPHER* cipher, const std::vector<uint8_t>& secret);

  /** Whether it looks like a datagram, and for which link. Needs no keys and proves nothing. */
  static bool peek(const uint8_t* bytes, size_t length, uint32_t* receiver);

  /**
   * Opens a datagram into `plain`, which has room for length - kDatagramOverheadBytes; it may be
   * `bytes` + kDatagramHeaderBytes, to open in place. Unless the result is ok, what is in `plain`
   * must not be used and nothing else has changed.
   */
  Result open(const uint8_t* bytes, size_t length, uint8_t* plain, size_t* plainLength,
              uint64_t* counter);

  /** Of the newest keys that the peer is known to use. */
  uint8_t epoch() const { return epoch_; }

 private:
  TrafficSecret nextSecret_;
  DatagramKeys previous_, current_, next_;
  ReplayWindow window_;
  uint8_t epoch_ = 0;

  DatagramKeys* keysOf(uint8_t epoch);
  void enterNextEpoch();
};

}  // namespace vnet
