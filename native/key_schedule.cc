// HKDF-Expand-Label and what hangs on it. See key_schedule.h.
#include "key_schedule.h"

#include <openssl/hmac.h>

#include <string>

namespace vnet {

TrafficSecret::~TrafficSecret() { OPENSSL_cleanse(secret_.data(), secret_.size()); }

bool TrafficSecret::init(const SSL_CIPHER* cipher, const std::vector<uint8_t>& secret) {
  switch (SSL_CIPHER_get_protocol_id(cipher)) {
    case 0x1301:
      cipher_ = EVP_aes_128_gcm();
      break;
    case 0x1302:
      cipher_ = EVP_aes_256_gcm();
      break;
    case 0x1303:
      cipher_ = EVP_chacha20_poly1305();
      break;
    default:
      return false;
  }
  digest_ = SSL_CIPHER_get_handshake_digest(cipher);
  OPENSSL_cleanse(secret_.data(), secret_.size());
  secret_ = secret;
  return true;
}

// HKDF-Expand-Label with an empty context (RFC 8446 section 7.1). One block is enough: no output
// here is longer than the hash.
bool TrafficSecret::expandLabel(const char* label, uint8_t* out, size_t length) const {
  std::vector<uint8_t> info;
  std::string full = std::string("tls13 ") + label;
  info.push_back(static_cast<uint8_t>(length >> 8));
  info.push_back(static_cast<uint8_t>(length));
  info.push_back(static_cast<uint8_t>(full.size()));
  info.insert(info.end(), full.begin(), full.end());
  info.push_back(0);  // empty context
  info.push_back(1);  // block 1
  uint8_t block[EVP_MAX_MD_SIZE];
  unsigned blockLength = 0;
  int secretLength = static_cast<int>(secret_.size());
  if (!HMAC(digest_, secret_.data(), secretLength, info.data(), info.size(), block, &blockLength)) {
    return false;
  }
  if (length > blockLength) return false;
  memcpy(out, block, length);
  OPENSSL_cleanse(block, sizeof block);
  return true;
}

bool TrafficSecret::applyKeys(EVP_CIPHER_CTX* context, bool isSealing, uint8_t* iv) const {
  uint8_t key[EVP_MAX_KEY_LENGTH];
  size_t keyLength = static_cast<size_t>(EVP_CIPHER_get_key_length(cipher_));
  if (!expandLabel("key", key, keyLength) || !expandLabel("iv", iv, kNonceBytes)) return false;
  bool isOk = EVP_CipherInit_ex(context, cipher_, nullptr, key, iv, isSealing ? 1 : 0) == 1;
  OPENSSL_cleanse(key, sizeof key);
  return isOk;
}

bool TrafficSecret::advance() {
  std::vector<uint8_t> next(secret_.size());
  if (!expandLabel("traffic upd", next.data(), next.size())) return false;
  secret_.swap(next);
  OPENSSL_cleanse(next.data(), next.size());
  return true;
}

}  // namespace vnet
