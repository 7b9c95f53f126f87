// Sealing and opening of TLS 1.3 records by OpenSSL's EVP. See record.h.
#include "record.h"

namespace vnet {

RecordKeys::~RecordKeys() { EVP_CIPHER_CTX_free(context_); }

bool RecordKeys::init(const SSL_CIPHER* cipher, const std::vector<uint8_t>& secret,
                      uint64_t sequence, bool isSealing) {
  isSealing_ = isSealing;
  sequence_ = sequence;
  context_ = EVP_CIPHER_CTX_new();
  return context_ && secret_.init(cipher, secret) &&
         secret_.applyKeys(context_, isSealing_, iv_);
}

bool RecordKeys::update() {
  sequence_ = 0;
  return secret_.advance() && secret_.applyKeys(context_, isSealing_, iv_);
}

bool RecordKeys::nextNonce() {
  uint8_t nonce[kNonceBytes];
  makeNonce(iv_, sequence_, nonce);
  sequence_++;
  return isSealing_ ? EVP_EncryptInit_ex(context_, nullptr, nullptr, nullptr, nonce) == 1
                    : EVP_DecryptInit_ex(context_, nullptr, nullptr, nullptr, nonce) == 1;
}

static void writeRecordHeader(uint8_t* out, size_t cipherLength) {
  out[0] = static_cast<uint8_t>(ContentType::data);
  out[1] = 3;
  out[2] = 3;
  out[3] = static_cast<uint8_t>(cipherLength >> 8);
  out[4] = static_cast<uint8_t>(cipherLength);
}

size_t Sealer::sealOne(ContentType type, const uint8_t* plain, size_t length, uint8_t* out) {
  uint8_t innerType = static_cast<uint8_t>(type);
  uint8_t* body = out + kRecordHeaderBytes;
  int n = 0;
  writeRecordHeader(out, length + kRecordTailBytes);
  if constexpr (!kIsEncrypting) {
    memcpy(body, plain, length);
    body[length] = innerType;
    memset(body + length + 1, 0, kTagBytes);
    return kRecordHeaderBytes + length + kRecordTailBytes;
  }
  bool isOk = nextNonce() &&
              EVP_EncryptUpdate(context_, nullptr, &n, out, kRecordHeaderBytes) == 1 &&
              EVP_EncryptUpdate(context_, body, &n, plain, static_cast<int>(length)) == 1 &&
              EVP_EncryptUpdate(context_, body + length, &n, &innerType, 1) == 1 &&
              EVP_EncryptFinal_ex(context_, body + length + 1, &n) == 1 &&
              EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, 16, body + length + 1) == 1;
  return isOk ? kRecordHeaderBytes + length + kRecordTailBytes : 0;
}

size_t Sealer::seal(const uint8_t* plain, size_t length, uint8_t* out) {
  size_t written = 0;
  if (sequence_ >= recordsPerKey) {
    written = sealKeyUpdate(out);
    if (written == 0) return 0;
  }
  while (length > 0) {
    size_t part = length < kSealedPlainMax ? length : kSealedPlainMax;
    size_t sealed = sealOne(ContentType::data, plain, part, out + written);
    if (sealed == 0) return 0;
    written += sealed;
    plain += part;
    length -= part;
  }
  return written;
}

size_t Sealer::sealKeyUpdate(uint8_t* out) {
  const uint8_t message[5] = {24, 0, 0, 1, 0};  // key_update, update_not_requested
  size_t written = sealOne(ContentType::handshake, message, sizeof message, out);
  return written > 0 && update() ? written : 0;
}

Opener::Result Opener::open(const uint8_t* bytes, size_t available, size_t* consumed,
                            uint8_t* plain, size_t* length) {
  if (available < kRecordHeaderBytes) return Result::needMore;
  size_t cipherLength = static_cast<size_t>(bytes[3]) << 8 | bytes[4];
  bool isRecord = bytes[0] == static_cast<uint8_t>(ContentType::data) && bytes[1] == 3 &&
                  cipherLength >= kRecordTailBytes && cipherLength <= kRecordCipherMax;
  if (!isRecord) return Result::failed;
  if (available < kRecordHeaderBytes + cipherLength) return Result::needMore;
  *consumed = kRecordHeaderBytes + cipherLength;
  size_t inner = cipherLength - 16;
  if (inner > kRecordPlainMax + 1) return Result::failed;
  const uint8_t* body = bytes + kRecordHeaderBytes;
  if (!openOne(bytes, body, inner, plain)) return Result::failed;
  while (inner > 0 && plain[inner - 1] == 0) inner--;  // padding
  if (inner == 0) return Result::failed;
  *length = inner - 1;
  return this->inner(static_cast<ContentType>(plain[inner - 1]), plain, inner - 1);
}

bool Opener::openOne(const uint8_t* header, const uint8_t* body, size_t inner, uint8_t* plain) {
  if constexpr (!kIsEncrypting) {
    memcpy(plain, body, inner);
    return true;
  }
  uint8_t tag[16];
  memcpy(tag, body + inner, sizeof tag);
  int n = 0;
  return nextNonce() &&
         EVP_DecryptUpdate(context_, nullptr, &n, header, kRecordHeaderBytes) == 1 &&
         EVP_DecryptUpdate(context_, plain, &n, body, static_cast<int>(inner)) == 1 &&
         EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1 &&
         EVP_DecryptFinal_ex(context_, plain + n, &n) == 1;
}

Opener::Result Opener::inner(ContentType type, const uint8_t* plain, size_t length) {
  switch (type) {
    case ContentType::data:
      return length > 0 ? Result::data : Result::nothing;
    case ContentType::alert:
      if (length != 2) return Result::failed;
      alertCode = plain[1];
      return alertCode == 0 ? Result::closed : Result::alert;
    case ContentType::handshake: {
      if (length >= 4 && plain[0] == 4) return Result::nothing;  // new session ticket
      bool isKeyUpdate = length == 5 && plain[0] == 24 && plain[3] == 1 && plain[4] <= 1;
      if (!isKeyUpdate || !update()) return Result::failed;
      return plain[4] == 1 ? Result::answerKeyUpdate : Result::nothing;
    }
  }
  return Result::failed;
}

}  // namespace vnet
