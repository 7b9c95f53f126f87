// Cipher suites of TLS 1.3 by name, and bytes to seal, for the tests of what seals.
#pragma once

#include <openssl/ssl.h>

#include <cstring>
#include <vector>

#include "check.h"

struct CipherSuite {
  const char* name;
  size_t secretBytes;
};

constexpr CipherSuite kCipherSuites[] = {{"TLS_AES_128_GCM_SHA256", 32},
                                         {"TLS_AES_256_GCM_SHA384", 48},
                                         {"TLS_CHACHA20_POLY1305_SHA256", 32}};

inline const SSL_CIPHER* cipherOf(const char* name) {
  static SSL_CTX* context = SSL_CTX_new(TLS_method());
  CHECK(SSL_CTX_set_ciphersuites(context, name) == 1);
  STACK_OF(SSL_CIPHER)* all = SSL_CTX_get_ciphers(context);
  for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
    const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(all, i);
    if (strcmp(SSL_CIPHER_get_name(cipher), name) == 0) return cipher;
  }
  CHECK(false);
  return nullptr;
}

inline std::vector<uint8_t> pattern(size_t length) {
  std::vector<uint8_t> bytes(length);
  for (size_t i = 0; i < length; i++) bytes[i] = static_cast<uint8_t>(i * 31 + 7);
  return bytes;
}
