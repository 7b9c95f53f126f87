// What TLS 1.3 makes from a traffic secret (RFC 8446 sections 7.1 to 7.3): the key and IV of one
// direction, and the secret of the next generation. Shared by the records of a link (record.h) and
// by the datagrams beside it (datagram.h).
#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <vector>

#include "common.h"

namespace vnet {

/** Of every AEAD in TLS 1.3 (RFC 8446 section 5.3). */
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

/** The secret of one direction in one generation; wiped when it goes. */
class TrafficSecret {
 public:
  TrafficSecret() = default;
  ~TrafficSecret();
  TrafficSecret(const TrafficSecret&) = delete;
  TrafficSecret& operator=(const TrafficSecret&) = delete;

  /** False: not a cipher suite of TLS 1.3 that VNET uses. */
  bool init(const SSL_CIPHER* cipher, const std::vector<uint8_t>& secret);
  /**
   * Puts this generation's key into `context`, for sealing or opening, and its IV of kNonceBytes
   * into `iv`. False: OpenSSL failed.
   */
  bool applyKeys(EVP_CIPHER_CTX* context, bool isSealing, uint8_t* iv) const;
  /** Moves on to the next generation ("traffic upd"). False: OpenSSL failed. */
  bool advance();

 private:
  const EVP_CIPHER* cipher_ = nullptr;
  const EVP_MD* digest_ = nullptr;
  std::vector<uint8_t> secret_;

  bool expandLabel(const char* label, uint8_t* out, size_t length) const;
};

/** The nonce of record or datagram `number`: the IV, its last 8 bytes XORed with the number. */
inline void makeNonce(const uint8_t* iv, uint64_t number, uint8_t* nonce) {
  memcpy(nonce, iv, kNonceBytes);
  for (int i = 0; i < 8; i++) nonce[11 - i] ^= static_cast<uint8_t>(number >> (8 * i));
}

}  // namespace vnet
