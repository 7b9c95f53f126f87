// Sealing and opening of datagrams by OpenSSL's EVP. See datagram.h.
#include "datagram.h"

namespace vnet {

constexpr uint8_t kDatagramType = 1;

bool DatagramKeys::derive(const TrafficSecret& secret, bool isSealing) {
  context.reset(EVP_CIPHER_CTX_new());
  if (context && !secret.applyKeys(context.get(), isSealing, iv)) context.reset();
  return context != nullptr;
}

static void writeDatagramHeader(uint8_t* out, uint8_t epoch, uint32_t receiver, uint64_t counter) {
  out[0] = kDatagramType;
  out[1] = epoch;
  out[2] = out[3] = 0;
  for (int i = 0; i < 4; i++) out[4 + i] = static_cast<uint8_t>(receiver >> (24 - 8 * i));
  for (int i = 0; i < 8; i++) out[8 + i] = static_cast<uint8_t>(counter >> (56 - 8 * i));
}

bool DatagramSealer::init(const SSL_CIPHER* cipher, const std::vector<uint8_t>& secret) {
  return secret_.init(cipher, secret) && keys_.derive(secret_, true);
}

bool DatagramSealer::renewKeys() {
  if (!secret_.advance() || !keys_.derive(secret_, true)) {
    keys_.context.reset();  // never again under the old keys
    return false;
  }
  epoch_++;
  sealedWithKey_ = 0;
  return true;
}

size_t DatagramSealer::seal(uint32_t receiver, const uint8_t* head, size_t headLength,
                            const uint8_t* body, size_t bodyLength, uint8_t* out) {
  if (headLength > kDatagramPlainMax || bodyLength > kDatagramPlainMax - headLength) return 0;
  if (sealedWithKey_ >= datagramsPerKey && !renewKeys()) return 0;
  EVP_CIPHER_CTX* context = keys_.context.get();
  if (!context) return 0;
  // Counted before anything can fail: a nonce must never serve twice.
  counter_++;
  sealedWithKey_++;
  uint8_t nonce[kNonceBytes];
  makeNonce(keys_.iv, counter_, nonce);
  writeDatagramHeader(out, epoch_, receiver, counter_);
  uint8_t* at = out + kDatagramHeaderBytes;
  int n = 0;
  bool isOk = EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce) == 1 &&
              EVP_EncryptUpdate(context, nullptr, &n, out, kDatagramHeaderBytes) == 1;
  if (headLength > 0) {
    isOk = isOk && EVP_EncryptUpdate(context, at, &n, head, static_cast<int>(headLength)) == 1;
    at += headLength;
  }
  if (bodyLength > 0) {
    isOk = isOk && EVP_EncryptUpdate(context, at, &n, body, static_cast<int>(bodyLength)) == 1;
    at += bodyLength;
  }
  isOk = isOk && EVP_EncryptFinal_ex(context, at, &n) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kDatagramTagBytes, at) == 1;
  return isOk ? kDatagramOverheadBytes + headLength + bodyLength : 0;
}

bool DatagramOpener::init(const SSL_CIPHER* cipher, const std::vector<uint8_t>& secret) {
  return nextSecret_.init(cipher, secret) && current_.derive(nextSecret_, false) &&
         nextSecret_.advance() && next_.derive(nextSecret_, false);
}

bool DatagramOpener::peek(const uint8_t* bytes, size_t length, uint32_t* receiver) {
  if (length < kDatagramOverheadBytes || length > kDatagramBytesMax) return false;
  if (bytes[0] != kDatagramType || bytes[2] != 0 || bytes[3] != 0) return false;
  *receiver = static_cast<uint32_t>(bytes[4]) << 24 | static_cast<uint32_t>(bytes[5]) << 16 |
              static_cast<uint32_t>(bytes[6]) << 8 | bytes[7];
  return true;
}

DatagramKeys* DatagramOpener::keysOf(uint8_t epoch) {
  switch (static_cast<uint8_t>(epoch - epoch_)) {
    case 0:
      return &current_;
    case 1:
      return &next_;
    case 255:
      return &previous_;
    default:
      return nullptr;
  }
}

void DatagramOpener::enterNextEpoch() {
  previous_ = std::move(current_);
  current_ = std::move(next_);
  epoch_++;
  if (!nextSecret_.advance() || !next_.derive(nextSecret_, false)) next_.context.reset();
}

DatagramOpener::Result DatagramOpener::open(const uint8_t* bytes, size_t length, uint8_t* plain,
                                            size_t* plainLength, uint64_t* counter) {
  uint32_t receiver = 0;
  if (!peek(bytes, length, &receiver)) return Result::malformed;
  uint64_t number = 0;
  for (int i = 0; i < 8; i++) number = number << 8 | bytes[8 + i];
  // Before the cipher, to make replays cheap; the window moves only behind it.
  if (!window_.isFresh(number)) return Result::replayed;
  DatagramKeys* keys = keysOf(bytes[1]);
  EVP_CIPHER_CTX* context = keys ? keys->context.get() : nullptr;
  if (!context) return Result::unauthentic;
  size_t inner = length - kDatagramOverheadBytes;
  const uint8_t* body = bytes + kDatagramHeaderBytes;
  uint8_t nonce[kNonceBytes], tag[kDatagramTagBytes], none;
  makeNonce(keys->iv, number, nonce);
  memcpy(tag, body + inner, sizeof tag);
  int n = 0;
  bool isOk = EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, nonce) == 1 &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kDatagramTagBytes, tag) == 1 &&
              EVP_DecryptUpdate(context, nullptr, &n, bytes, kDatagramHeaderBytes) == 1;
  if (inner > 0) {
    isOk = isOk && EVP_DecryptUpdate(context, plain, &n, body, static_cast<int>(inner)) == 1;
  }
  isOk = isOk && EVP_DecryptFinal_ex(context, &none, &n) == 1;
  if (!isOk) return Result::unauthentic;
  window_.mark(number);
  if (keys == &next_) enterNextEpoch();
  *plainLength = inner;
  *counter = number;
  return Result::ok;
}

}  // namespace vnet
