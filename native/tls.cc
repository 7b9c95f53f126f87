// Contexts, callbacks and the handshake's steps. See tls.h.
#include "tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace vnet {

// "vnet" and "vnet-join" as ALPN wants them: each with its length in front.
static const uint8_t kAlpnLink[] = {4, 'v', 'n', 'e', kIsEncrypting ? 't' : '0'};
static const uint8_t kAlpnJoin[] = {9, 'v', 'n', 'e', 't', '-', 'j', 'o', 'i', 'n'};

static std::string lastError() {
  unsigned long code = ERR_peek_last_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return reason ? reason : "unknown TLS error";
}

/** OpenSSL's callbacks; the session is in the SSL's application data. */
struct TlsCallbacks {
  static TlsSession* of(const SSL* ssl) {
    return static_cast<TlsSession*>(SSL_get_app_data(const_cast<SSL*>(ssl)));
  }

  // Lines such as "CLIENT_TRAFFIC_SECRET_0 <client random> <secret>", in hex.
  static void keylog(const SSL* ssl, const char* line) {
    const char* secret = strrchr(line, ' ');
    if (!secret) return;
    std::vector<uint8_t>* into = nullptr;
    if (strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24) == 0) into = &of(ssl)->clientSecret_;
    if (strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24) == 0) into = &of(ssl)->serverSecret_;
    if (!into) return;
    into->clear();
    for (const char* hex = secret + 1; hex[0] && hex[1]; hex += 2) {
      char octet[3] = {hex[0], hex[1], 0};
      into->push_back(static_cast<uint8_t>(strtoul(octet, nullptr, 16)));
    }
  }

  // Counts records under the traffic keys, which come into force with each side's Finished.
  static void message(int isWrite, int, int contentType, const void* bytes, size_t length,
                      SSL* ssl, void*) {
    TlsSession* session = of(ssl);
    if (!session) return;
    const uint8_t* octets = static_cast<const uint8_t*>(bytes);
    uint64_t& records = isWrite ? session->recordsOut_ : session->recordsIn_;
    bool isSealedRecord = contentType == SSL3_RT_HEADER && length >= 1 && octets[0] == 23;
    if (isSealedRecord) records++;
    if (contentType == SSL3_RT_HANDSHAKE && length >= 1 && octets[0] == SSL3_MT_FINISHED) {
      records = 0;
    }
  }

  static int selectAlpn(SSL* ssl, const uint8_t** out, uint8_t* outLength, const uint8_t* in,
                        unsigned inLength, void*) {
    uint8_t* chosen = nullptr;
    bool isLink = SSL_select_next_proto(&chosen, outLength, kAlpnLink, sizeof kAlpnLink, in,
                                        inLength) == OPENSSL_NPN_NEGOTIATED;
    bool isJoin = !isLink && SSL_select_next_proto(&chosen, outLength, kAlpnJoin, sizeof kAlpnJoin,
                                                   in, inLength) == OPENSSL_NPN_NEGOTIATED;
    if (!isLink && !isJoin) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    of(ssl)->isJoin_ = isJoin;
    int both = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_set_verify(ssl, isJoin ? SSL_VERIFY_NONE : both, nullptr);
    if (isJoin) SSL_set_num_tickets(ssl, 0);  // a stranger has no session to come back to
    return SSL_TLSEXT_ERR_OK;
  }

  static int newSession(SSL* ssl, SSL_SESSION* session) {
    TlsSession* owner = of(ssl);
    if (!owner || owner->target_.empty()) return 0;
    owner->context_->storeSession(owner->target_, session);
    return 1;  // the reference is ours now
  }
};

static SSL_CTX* makeContext(const SSL_METHOD* method) {
  SSL_CTX* context = SSL_CTX_new(method);
  if (!context) return nullptr;
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(
      context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
  SSL_CTX_set_keylog_callback(context, TlsCallbacks::keylog);
  SSL_CTX_set_msg_callback(context, TlsCallbacks::message);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 0);
  return context;
}

static bool loadChain(SSL_CTX* context, const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* leaf = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  bool isOk = leaf && SSL_CTX_use_certificate(context, leaf) == 1;
  X509_free(leaf);
  while (isOk) {
    X509* next = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    if (!next) break;
    isOk = SSL_CTX_add0_chain_cert(context, next) == 1;
    if (!isOk) X509_free(next);
  }
  BIO_free(bio);
  if (isOk) ERR_clear_error();  // the end of the PEM text
  return isOk;
}

static bool loadKey(SSL_CTX* context, const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  bool isOk = key && SSL_CTX_use_PrivateKey(context, key) == 1 &&
              SSL_CTX_check_private_key(context) == 1;
  EVP_PKEY_free(key);
  return isOk;
}

static bool loadTrust(SSL_CTX* context, const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  int count = 0;
  while (X509* ca = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr)) {
    if (X509_STORE_add_cert(store, ca) == 1) count++;
    SSL_CTX_add_client_CA(context, ca);
    X509_free(ca);
  }
  BIO_free(bio);
  if (count > 0) ERR_clear_error();
  return count > 0;
}

std::shared_ptr<TlsContext> TlsContext::create(const std::string& chainPem,
                                               const std::string& keyPem,
                                               const std::string& caPem, std::string* error) {
  auto made = std::make_shared<TlsContext>();
  made->server_ = makeContext(TLS_server_method());
  made->client_ = makeContext(TLS_client_method());
  if (!made->server_ || !made->client_) {
    *error = lastError();
    return nullptr;
  }
  for (SSL_CTX* context : {made->server_, made->client_}) {
    const char* what = nullptr;
    if (!loadChain(context, chainPem)) what = "certificate";
    else if (!loadKey(context, keyPem)) what = "private key";
    else if (!loadTrust(context, caPem)) what = "CA certificate";
    if (what) {
      *error = std::string(what) + ": " + lastError();
      return nullptr;
    }
  }
  SSL_CTX_set_alpn_select_cb(made->server_, TlsCallbacks::selectAlpn, nullptr);
  SSL_CTX_set_session_id_context(made->server_, reinterpret_cast<const uint8_t*>("vnet"), 4);
  SSL_CTX_set_num_tickets(made->server_, 1);
  SSL_CTX_set_verify(made->client_, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_alpn_protos(made->client_, kAlpnLink, sizeof kAlpnLink);
  SSL_CTX_set_session_cache_mode(made->client_,
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(made->client_, TlsCallbacks::newSession);
  return made;
}

TlsContext::~TlsContext() {
  for (auto& [target, session] : sessions_) SSL_SESSION_free(session);
  SSL_CTX_free(server_);
  SSL_CTX_free(client_);
}

void TlsContext::storeSession(const std::string& target, SSL_SESSION* session) {
  std::lock_guard<std::mutex> guard(lock_);
  SSL_SESSION*& kept = sessions_[target];
  SSL_SESSION_free(kept);
  kept = session;
}

SSL_SESSION* TlsContext::takeSession(const std::string& target) {
  std::lock_guard<std::mutex> guard(lock_);
  auto found = sessions_.find(target);
  if (found == sessions_.end()) return nullptr;
  SSL_SESSION* session = found->second;  // a ticket of TLS 1.3 is used once
  sessions_.erase(found);
  return session;
}

TlsSession::TlsSession(std::shared_ptr<TlsContext> context, int fd, bool isServer,
                       std::string target, uint16_t features)
    : context_(std::move(context)), isServer_(isServer), target_(std::move(target)) {
  writePreface(ownPreface_, {kProtocolMajor, kProtocolMinor, features});
  ssl_ = SSL_new(isServer ? context_->server() : context_->client());
  SSL_set_app_data(ssl_, this);
  SSL_set_fd(ssl_, fd);
  if (isServer) {
    SSL_set_accept_state(ssl_);
    return;
  }
  SSL_set_connect_state(ssl_);
  if (SSL_SESSION* session = context_->takeSession(target_)) {
    SSL_set_session(ssl_, session);
    SSL_SESSION_free(session);
  }
}

TlsSession::~TlsSession() {
  OPENSSL_cleanse(clientSecret_.data(), clientSecret_.size());
  OPENSSL_cleanse(serverSecret_.data(), serverSecret_.size());
  SSL_set_quiet_shutdown(ssl_, 1);
  // The record layer goes on elsewhere; without this OpenSSL takes the end for a failure and spoils
  // the session that was kept for resumption.
  if (phase_ == Phase::done) SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
}

TlsSession::Step TlsSession::fail(int sslResult, const char* what) {
  switch (SSL_get_error(ssl_, sslResult)) {
    case SSL_ERROR_WANT_READ:
      return Step::wantRead;
    case SSL_ERROR_WANT_WRITE:
      return Step::wantWrite;
    case SSL_ERROR_SSL: {
      isTlsFault_ = true;
      long verified = SSL_get_verify_result(ssl_);
      std::string reason = lastError();
      if (verified != X509_V_OK) reason = X509_verify_cert_error_string(verified);
      // In TLS 1.3 the client hears of a refused certificate when its handshake is over.
      error_ = "TLS handshake: " + reason;
      return Step::failed;
    }
    case SSL_ERROR_SYSCALL:
      error_ = std::string(what) + ": " + (errno ? strerror(errno) : "connection ended");
      ERR_clear_error();
      return Step::failed;
    default:
      error_ = std::string(what) + ": connection ended by the peer";
      return Step::failed;
  }
}

TlsSession::Step TlsSession::advance() {
  errno = 0;
  ERR_clear_error();  // what another connection of this thread left behind is not about this one
  if (phase_ == Phase::handshake) {
    int result = SSL_do_handshake(ssl_);
    if (result != 1) return fail(result, "TLS handshake");
    phase_ = Phase::sendPreface;
  }
  if (phase_ == Phase::sendPreface) {
    int result = SSL_write(ssl_, ownPreface_, kPrefaceBytes);
    if (result <= 0) {
      Step step = fail(result, "preface");
      if (step != Step::failed) return step;
      // A peer that did not like our certificate may be gone by now; its alert, which says why, is
      // still to be read.
      std::string reset = error_;
      uint8_t nothing;
      fail(SSL_read(ssl_, &nothing, 1), "preface");
      if (!isTlsFault_) error_ = reset;
      return Step::failed;
    }
    phase_ = Phase::receivePreface;
  }
  while (phase_ == Phase::receivePreface) {
    int want = static_cast<int>(kPrefaceBytes - prefaceInBytes_);
    int result = SSL_read(ssl_, prefaceIn_ + prefaceInBytes_, want);
    if (result <= 0) return fail(result, "preface");
    prefaceInBytes_ += static_cast<size_t>(result);
    if (prefaceInBytes_ < kPrefaceBytes) continue;
    if (!parsePreface(prefaceIn_, &peerPreface_)) {
      error_ = "preface: the peer does not speak VNET";
      return Step::failed;
    }
    phase_ = Phase::done;
  }
  return Step::done;
}

std::string TlsSession::cipherName() const {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_);
  return cipher ? SSL_CIPHER_get_name(cipher) : "";
}

bool TlsSession::exportSecrets(DatagramSecrets* out) {
  static const char label[] = "EXPORTER-vnet-datagram";
  out->cipher = SSL_get_current_cipher(ssl_);
  if (!out->cipher) return false;
  size_t length =
      static_cast<size_t>(EVP_MD_get_size(SSL_CIPHER_get_handshake_digest(out->cipher)));
  std::vector<uint8_t> both(2 * length);
  if (SSL_export_keying_material(ssl_, both.data(), both.size(), label, sizeof label - 1, nullptr,
                                 0, 0) != 1) {
    return false;
  }
  auto middle = both.begin() + static_cast<ptrdiff_t>(length);
  out->own.assign(both.begin(), middle);  // first that of the client
  out->peers.assign(middle, both.end());
  if (isServer_) out->own.swap(out->peers);
  OPENSSL_cleanse(both.data(), both.size());
  return true;
}

bool TlsSession::handOver(Sealer* sealer, Opener* opener) {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_);
  const auto& own = isServer_ ? serverSecret_ : clientSecret_;
  const auto& peers = isServer_ ? clientSecret_ : serverSecret_;
  if (!cipher || own.empty() || peers.empty()) return false;
  return sealer->init(cipher, own, recordsOut_, true) &&
         opener->init(cipher, peers, recordsIn_, false);
}

}  // namespace vnet
