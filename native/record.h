// The TLS 1.3 record layer (RFC 8446 section 5) for one direction of an established connection.
//
// OpenSSL does the handshake; then its traffic secrets are taken over, because an SSL object can
// serve one thread only and copies twice. Sealing many records into one buffer for one write, with
// one thread a direction, is what makes a TLS link fast. Key updates (section 4.6.3, 7.2) included.
#pragma once

#include "bench_switches.h"
#include "key_schedule.h"

namespace vnet {

constexpr size_t kRecordHeaderBytes = 5;
constexpr size_t kRecordPlainMax = 16384;
/** Content type and authentication tag behind the plaintext. */
constexpr size_t kRecordTailBytes = 1 + kTagBytes;
constexpr size_t kRecordCipherMax = kRecordPlainMax + 256;

enum class ContentType : uint8_t { alert = 21, handshake = 22, data = 23 };

/** Bytes that `plain` bytes take when sealed. */
constexpr size_t sealedBytes(size_t plain) {
  size_t records = (plain + kSealedPlainMax - 1) / kSealedPlainMax;
  return plain + records * (kRecordHeaderBytes + kRecordTailBytes);
}

/** Keys of one direction, made from a traffic secret; moves on with each key update. */
class RecordKeys {
 public:
  RecordKeys() = default;
  ~RecordKeys();
  RecordKeys(const RecordKeys&) = delete;
  RecordKeys& operator=(const RecordKeys&) = delete;

  /** False: a cipher that is not AEAD of TLS 1.3, or OpenSSL failed. */
  bool init(const SSL_CIPHER* cipher, const std::vector<uint8_t>& secret, uint64_t sequence,
            bool isSealing);
  /** The next generation of keys; the sequence starts again at 0. */
  bool update();
  uint64_t sequence() const { return sequence_; }

 protected:
  EVP_CIPHER_CTX* context_ = nullptr;
  uint64_t sequence_ = 0;

  /** Puts the nonce of the next record into the context; counts the sequence up. */
  bool nextNonce();

 private:
  TrafficSecret secret_;
  uint8_t iv_[kNonceBytes] = {};
  bool isSealing_ = false;
};

class Sealer : public RecordKeys {
 public:
  /** Keys are renewed after this many records; AES-GCM allows 2^24.5 (RFC 8446 section 5.5). */
  uint64_t recordsPerKey = 1u << 23;

  /**
   * Seals `plain` into records at `out`, which holds sealedBytes(length) and kKeyUpdateBytes more.
   * Returns the bytes written, 0 on failure of OpenSSL.
   */
  size_t seal(const uint8_t* plain, size_t length, uint8_t* out);
  size_t sealOne(ContentType type, const uint8_t* plain, size_t length, uint8_t* out);
  /** A KeyUpdate message, and new keys from here on. */
  size_t sealKeyUpdate(uint8_t* out);

  static constexpr size_t kKeyUpdateBytes = kRecordHeaderBytes + 5 + kRecordTailBytes;
};

class Opener : public RecordKeys {
 public:
  enum class Result {
    needMore,
    data,       // `plain` got `length` bytes
    nothing,    // an empty record or a handshake message that needs no answer
    answerKeyUpdate,
    closed,     // close_notify
    alert,      // the peer gave up; `alertCode`
    failed,     // not a record of this connection
  };
  uint8_t alertCode = 0;

  /**
   * Opens the record at `bytes`. `consumed`: bytes of it, valid unless needMore or failed. `plain`
   * holds kRecordPlainMax + 1 bytes.
   */
  Result open(const uint8_t* bytes, size_t available, size_t* consumed, uint8_t* plain,
              size_t* length);

 private:
  bool openOne(const uint8_t* header, const uint8_t* body, size_t inner, uint8_t* plain);
  Result inner(ContentType type, const uint8_t* plain, size_t length);
};

}  // namespace vnet
