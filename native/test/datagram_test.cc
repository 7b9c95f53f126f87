// Datagrams against themselves and against an independent reading of TLS 1.3: sealing and opening,
// changes of keys, replays, disorder, and every tampered byte.
// sources: datagram.cc key_schedule.cc libs: ssl crypto
#include "../datagram.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <random>
#include <set>
#include <string>

#include "check.h"
#include "cipher_suites.h"

using namespace vnet;
using Bytes = std::vector<uint8_t>;
using Result = DatagramOpener::Result;

constexpr uint32_t kReceiver = 0x01020304;

static Bytes seal(DatagramSealer& sealer, const Bytes& plain, size_t headLength = 0) {
  Bytes out(plain.size() + kDatagramOverheadBytes);  // just the size, so that asan sees more
  size_t length = sealer.seal(kReceiver, plain.data(), headLength, plain.data() + headLength,
                              plain.size() - headLength, out.data());
  CHECK(length == out.size());
  return out;
}

struct Opened {
  Result result;
  uint64_t counter = 0;
  Bytes plain = {};
};

static Opened open(DatagramOpener& opener, const Bytes& datagram) {
  Opened opened{Result::malformed};
  opened.plain.resize(datagram.size());
  size_t length = 0;
  opened.result = opener.open(datagram.data(), datagram.size(), opened.plain.data(), &length,
                              &opened.counter);
  opened.plain.resize(length);
  return opened;
}

struct Pair {
  DatagramSealer sealer;
  DatagramOpener opener;
  explicit Pair(const CipherSuite& suite = kCipherSuites[0]) {
    Bytes secret = pattern(suite.secretBytes);
    CHECK(sealer.init(cipherOf(suite.name), secret));
    CHECK(opener.init(cipherOf(suite.name), secret));
  }
};

static void roundTrips() {
  for (const CipherSuite& suite : kCipherSuites) {
    Pair pair(suite);
    uint64_t counter = 0;
    for (size_t length : {size_t{0}, size_t{1}, size_t{15}, size_t{16}, size_t{1400},
                          kDatagramPlainMax}) {
      for (size_t head : {size_t{0}, length / 3, length}) {
        Bytes plain = pattern(length);
        Bytes datagram = seal(pair.sealer, plain, head);
        CHECK(pair.sealer.lastCounter() == ++counter);
        uint32_t receiver = 0;
        CHECK(DatagramOpener::peek(datagram.data(), datagram.size(), &receiver));
        CHECK(receiver == kReceiver);
        Opened opened = open(pair.opener, datagram);
        CHECK(opened.result == Result::ok && opened.plain == plain && opened.counter == counter);
      }
    }
  }
  Pair pair;
  Bytes plain = pattern(500), datagram = seal(pair.sealer, plain);
  uint8_t* body = datagram.data() + kDatagramHeaderBytes;
  size_t length = 0;
  uint64_t counter = 0;
  CHECK(pair.opener.open(datagram.data(), datagram.size(), body, &length, &counter) ==
        Result::ok);
  CHECK(Bytes(body, body + length) == plain);
}

/** Opens a datagram of AES-128-GCM by key and IV, step by step as RFC 8446 section 5.3 says. */
static Bytes openByKey(const Bytes& key, const Bytes& iv, const Bytes& datagram) {
  Bytes nonce = iv, tag(datagram.end() - 16, datagram.end()), opened(datagram.size() - 32);
  for (size_t i = 0; i < 8; i++) nonce[4 + i] ^= datagram[8 + i];
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  int n = 0, length = static_cast<int>(opened.size());
  CHECK(EVP_DecryptInit_ex(context, EVP_aes_128_gcm(), nullptr, key.data(), nonce.data()) == 1);
  CHECK(EVP_DecryptUpdate(context, nullptr, &n, datagram.data(), 16) == 1);
  CHECK(EVP_DecryptUpdate(context, opened.data(), &n, datagram.data() + 16, length) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, tag.data()) == 1);
  CHECK(EVP_DecryptFinal_ex(context, opened.data(), &n) == 1);
  EVP_CIPHER_CTX_free(context);
  return opened;
}

/** HKDF-Expand-Label as OpenSSL's own TLS has it. */
static Bytes expandLabel(const Bytes& secret, std::string label, size_t length) {
  EVP_KDF* kdf = EVP_KDF_fetch(nullptr, "TLS13-KDF", nullptr);
  EVP_KDF_CTX* context = EVP_KDF_CTX_new(kdf);
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  Bytes key = secret, out(length);
  char digest[] = "SHA256", prefix[] = "tls13 ";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, prefix, 6),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, label.data(), label.size()),
      OSSL_PARAM_construct_end()};
  CHECK(EVP_KDF_derive(context, out.data(), out.size(), parameters) == 1);
  EVP_KDF_CTX_free(context);
  EVP_KDF_free(kdf);
  return out;
}

// The client's handshake secret of RFC 8448 section 3, and the key and IV that it gives there.
static void knownKeys() {
  Bytes secret = {0xb3, 0xed, 0xdb, 0x12, 0x6e, 0x06, 0x7f, 0x35, 0xa7, 0x80, 0xb3,
                  0xab, 0xf4, 0x5e, 0x2d, 0x8f, 0x3b, 0x1a, 0x95, 0x07, 0x38, 0xf5,
                  0x2e, 0x96, 0x00, 0x74, 0x6a, 0x0e, 0x27, 0xa5, 0x5a, 0x21};
  const Bytes key = {0xdb, 0xfa, 0xa6, 0x93, 0xd1, 0x76, 0x2c, 0x5b,
                     0x66, 0x6a, 0xf5, 0xd9, 0x50, 0x25, 0x8d, 0x01};
  const Bytes iv = {0x5b, 0xd3, 0xc7, 0x1b, 0x83, 0x6e, 0x0b, 0x76, 0xbb, 0x73, 0x26, 0x5f};
  DatagramSealer sealer;
  CHECK(sealer.init(cipherOf("TLS_AES_128_GCM_SHA256"), secret));
  sealer.datagramsPerKey = 258;
  Bytes plain = pattern(100), datagram;
  for (int i = 0; i < 258; i++) datagram = seal(sealer, plain, 10);
  const Bytes header = {1, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 1, 2};
  CHECK(Bytes(datagram.begin(), datagram.begin() + kDatagramHeaderBytes) == header);
  CHECK(openByKey(key, iv, datagram) == plain);
  for (uint8_t epoch = 1; epoch <= 3; epoch++) {
    for (int i = 0; i < 258; i++) datagram = seal(sealer, plain, 10);
    secret = expandLabel(secret, "traffic upd", 32);
    CHECK(datagram[1] == epoch);
    CHECK(openByKey(expandLabel(secret, "key", 16), expandLabel(secret, "iv", 12), datagram) ==
          plain);
  }
}

static void keyChanges() {
  for (const CipherSuite& suite : kCipherSuites) {
    Pair pair(suite);
    pair.sealer.datagramsPerKey = 3;
    Bytes plain = pattern(40);
    for (uint64_t i = 1; i <= 3 * 600; i++) {  // epochs go round twice
      Bytes datagram = seal(pair.sealer, plain);
      CHECK(datagram[1] == (i - 1) / 3 % 256);
      Opened opened = open(pair.opener, datagram);
      CHECK(opened.result == Result::ok && opened.plain == plain && opened.counter == i);
      CHECK(pair.opener.epoch() == datagram[1]);
    }
  }
}

static void neighbouringEpochs() {
  Pair pair;
  pair.sealer.datagramsPerKey = 2;
  std::vector<Bytes> sent;
  for (int i = 0; i < 10; i++) sent.push_back(seal(pair.sealer, pattern(30)));
  CHECK(open(pair.opener, sent[4]).result == Result::unauthentic);  // two ahead: no keys yet
  CHECK(open(pair.opener, sent[2]).result == Result::ok);           // the next
  CHECK(open(pair.opener, sent[0]).result == Result::ok);           // the one before
  CHECK(open(pair.opener, sent[4]).result == Result::ok);
  CHECK(open(pair.opener, sent[3]).result == Result::ok);
  CHECK(open(pair.opener, sent[1]).result == Result::unauthentic);  // two behind: keys are gone
  CHECK(pair.opener.epoch() == 2);
  Bytes forged = sent[5];
  forged[1] = 3;
  CHECK(open(pair.opener, forged).result == Result::unauthentic);
  CHECK(pair.opener.epoch() == 2);
  CHECK(open(pair.opener, sent[5]).result == Result::ok);
}

static void tampering() {
  for (const CipherSuite& suite : kCipherSuites) {
    Pair pair(suite);
    Bytes plain = pattern(50);
    seal(pair.sealer, plain);  // counter 2 from here on: no changed bit makes it 0
    Bytes datagram = seal(pair.sealer, plain);
    for (size_t i = 0; i < datagram.size(); i++) {
      for (uint8_t change : {0x01, 0x80}) {
        Bytes bad = datagram;
        bad[i] ^= change;
        bool isForm = i == 0 || i == 2 || i == 3;
        CHECK(open(pair.opener, bad).result == (isForm ? Result::malformed : Result::unauthentic));
      }
    }
    for (size_t length = 0; length < datagram.size(); length++) {
      Bytes cut(datagram.begin(), datagram.begin() + static_cast<ptrdiff_t>(length));
      bool isShort = length < kDatagramOverheadBytes;
      CHECK(open(pair.opener, cut).result == (isShort ? Result::malformed : Result::unauthentic));
    }
    Opened opened = open(pair.opener, datagram);  // none of that moved the window
    CHECK(opened.result == Result::ok && opened.plain == plain);
    CHECK(open(pair.opener, datagram).result == Result::replayed);
  }
}

static void tooLong() {
  Pair pair;
  Bytes out(kDatagramBytesMax + 64), plain(kDatagramPlainMax + 1);
  CHECK(pair.sealer.seal(1, plain.data(), plain.size(), nullptr, 0, out.data()) == 0);
  CHECK(pair.sealer.seal(1, plain.data(), 1, plain.data(), kDatagramPlainMax, out.data()) == 0);
  CHECK(pair.sealer.seal(1, plain.data(), 1, plain.data(), SIZE_MAX, out.data()) == 0);
  CHECK(pair.sealer.lastCounter() == 0);
  uint32_t receiver = 0;
  out[0] = 1;
  CHECK(!DatagramOpener::peek(out.data(), kDatagramBytesMax + 1, &receiver));
  CHECK(DatagramOpener::peek(out.data(), kDatagramBytesMax, &receiver));
}

static void windowBounds() {
  constexpr uint64_t kCounters = ReplayWindow::kCounters;
  ReplayWindow window;
  CHECK(!window.isFresh(0) && window.isFresh(1) && window.isFresh(UINT64_MAX));
  window.mark(1);
  CHECK(!window.isFresh(1) && window.isFresh(2));
  window.mark(1 + kCounters - 1);
  CHECK(!window.isFresh(1) && window.isFresh(2));
  window.mark(1 + kCounters);
  CHECK(window.isFresh(2) && !window.isFresh(1));  // 1 is too old now, 2 the oldest in the window
  window.mark(2);
  CHECK(!window.isFresh(2));
  window.mark(10 * kCounters);
  for (uint64_t back = 0; back < 2 * kCounters; back++) {
    CHECK(window.isFresh(10 * kCounters - back) == (back > 0 && back < kCounters));
  }
  window.mark(UINT64_MAX);
  CHECK(!window.isFresh(UINT64_MAX) && window.isFresh(UINT64_MAX - 1));
  CHECK(!window.isFresh(UINT64_MAX - kCounters) && !window.isFresh(10 * kCounters + 1));
}

// Against a set of all that was seen, with steps of every size in both directions.
static void windowAgainstSet(uint64_t seed) {
  std::mt19937_64 random(seed);
  ReplayWindow window;
  std::set<uint64_t> seen;
  uint64_t newest = 0;
  for (int i = 0; i < 200000; i++) {
    uint64_t step = random() % (uint64_t{1} << random() % 16);
    uint64_t counter = random() % 2 ? newest + step : newest - (step < newest ? step : newest);
    bool isInWindow = counter > newest || newest - counter < ReplayWindow::kCounters;
    bool isFresh = counter > 0 && isInWindow && seen.count(counter) == 0;
    CHECK(window.isFresh(counter) == isFresh);
    if (!isFresh) continue;
    window.mark(counter);
    seen.insert(counter);
    if (counter > newest) newest = counter;
    CHECK(window.newest() == newest);
  }
}

static void disorder() {
  Pair pair;
  pair.sealer.datagramsPerKey = 1000;
  std::mt19937_64 random(7);
  std::vector<Bytes> sent;
  for (int i = 0; i < 5000; i++) sent.push_back(seal(pair.sealer, pattern(20 + random() % 50)));
  for (size_t i = 0; i + 1 < sent.size(); i++) std::swap(sent[i], sent[i + random() % 2]);
  for (const Bytes& datagram : sent) {
    CHECK(open(pair.opener, datagram).result == Result::ok);
    CHECK(open(pair.opener, datagram).result == Result::replayed);
  }
}

int main() {
  CASE("what is sealed opens again, with every cipher and length, also in place");
  roundTrips();
  CASE("keys, nonce and authenticated header are those of TLS 1.3");
  knownKeys();
  CASE("keys are renewed after their number of datagrams, counters go on");
  keyChanges();
  CASE("the epochs before and after the current one open, no other");
  neighbouringEpochs();
  CASE("every changed byte and every cut is noticed and changes nothing");
  tampering();
  CASE("what no datagram can hold is refused");
  tooLong();
  CASE("the replay window: its bounds, and big jumps");
  windowBounds();
  for (uint64_t seed = 1; seed <= 3; seed++) windowAgainstSet(seed);
  CASE("datagrams out of order open once each");
  disorder();
  return 0;
}
