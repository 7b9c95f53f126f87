// The record layer against itself: sealing and opening, record bounds, key updates, alerts, and
// every tampered byte. That it is TLS 1.3 as others speak it is shown by test/e2e and
// test/contract, where the other end of the handshake is OpenSSL.
// sources: record.cc key_schedule.cc libs: ssl crypto
#include "../record.h"

#include <vector>

#include "check.h"
#include "cipher_suites.h"

using namespace vnet;

struct Pair {
  Sealer sealer;
  Opener opener;
  Pair(const char* cipher, size_t secretBytes, uint64_t sequence = 0) {
    std::vector<uint8_t> secret = pattern(secretBytes);
    CHECK(sealer.init(cipherOf(cipher), secret, sequence, true));
    CHECK(opener.init(cipherOf(cipher), secret, sequence, false));
  }
  std::vector<uint8_t> openAll(const std::vector<uint8_t>& sealed) {
    std::vector<uint8_t> plain(sealed.size() + 2 * kRecordPlainMax);
    size_t at = 0, filled = 0;
    while (at < sealed.size()) {
      size_t consumed = 0, length = 0;
      auto result = opener.open(sealed.data() + at, sealed.size() - at, &consumed,
                                plain.data() + filled, &length);
      CHECK(result == Opener::Result::data || result == Opener::Result::nothing);
      if (result == Opener::Result::data) filled += length;
      at += consumed;
    }
    plain.resize(filled);
    return plain;
  }
  std::vector<uint8_t> seal(const std::vector<uint8_t>& plain) {
    std::vector<uint8_t> out(sealedBytes(plain.size()) + Sealer::kKeyUpdateBytes);
    out.resize(sealer.seal(plain.data(), plain.size(), out.data()));
    return out;
  }
};

static void roundTrips() {
  for (const CipherSuite& suite : kCipherSuites) {
    Pair pair(suite.name, suite.secretBytes, 2);
    for (size_t length : {1, 63, 16383, 16384, 16385, 65536, 200000}) {
      std::vector<uint8_t> plain = pattern(length);
      CHECK(pair.openAll(pair.seal(plain)) == plain);
    }
  }
}

static void keyUpdates() {
  Pair pair("TLS_AES_128_GCM_SHA256", 32);
  pair.sealer.recordsPerKey = 3;
  std::vector<uint8_t> plain = pattern(1000);
  for (int i = 0; i < 20; i++) CHECK(pair.openAll(pair.seal(plain)) == plain);
  CHECK(pair.sealer.sequence() <= 4);

  uint8_t request[5] = {24, 0, 0, 1, 1}, record[64], out[64];
  size_t length = pair.sealer.sealOne(ContentType::handshake, request, 5, record);
  size_t consumed = 0, opened = 0;
  CHECK(pair.opener.open(record, length, &consumed, out, &opened) ==
        Opener::Result::answerKeyUpdate);
}

static void tampering() {
  std::vector<uint8_t> plain = pattern(50);
  std::vector<uint8_t> out(kRecordCipherMax + 64);
  size_t consumed = 0, length = 0;
  Pair reference("TLS_AES_128_GCM_SHA256", 32);
  std::vector<uint8_t> sealed = reference.seal(plain);
  for (size_t i = 0; i < sealed.size(); i++) {
    Pair pair("TLS_AES_128_GCM_SHA256", 32);
    std::vector<uint8_t> bad = sealed;
    bad[i] ^= 0x40;
    auto result = pair.opener.open(bad.data(), bad.size(), &consumed, out.data(), &length);
    CHECK(result == Opener::Result::failed || result == Opener::Result::needMore);
  }
  CASE("a replayed record is refused");
  Pair pair("TLS_AES_128_GCM_SHA256", 32);
  CHECK(pair.opener.open(sealed.data(), sealed.size(), &consumed, out.data(), &length) ==
        Opener::Result::data);
  CHECK(pair.opener.open(sealed.data(), sealed.size(), &consumed, out.data(), &length) ==
        Opener::Result::failed);
}

static void alerts() {
  Pair pair("TLS_AES_128_GCM_SHA256", 32);
  uint8_t closeNotify[2] = {1, 0}, fatal[2] = {2, 48}, record[64], out[64];
  size_t consumed = 0, opened = 0;
  size_t length = pair.sealer.sealOne(ContentType::alert, fatal, 2, record);
  CHECK(pair.opener.open(record, length, &consumed, out, &opened) == Opener::Result::alert);
  CHECK(pair.opener.alertCode == 48);
  length = pair.sealer.sealOne(ContentType::alert, closeNotify, 2, record);
  CHECK(pair.opener.open(record, length, &consumed, out, &opened) == Opener::Result::closed);
}

int main() {
  CASE("what is sealed opens again, with every cipher and across record bounds");
  roundTrips();
  CASE("keys are renewed after their number of records, both ends in step");
  keyUpdates();
  CASE("every changed byte is noticed");
  tampering();
  CASE("alerts");
  alerts();
  return 0;
}
