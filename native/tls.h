// The TLS 1.3 handshake by OpenSSL: contexts from the daemon's credentials, verification of the
// peer against the network's CA, session resumption, and hand-over of the traffic secrets to the
// record layer (record.h). One TlsSession a connection, used by one thread.
#pragma once

#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "frame.h"
#include "record.h"

namespace vnet {

struct PeerCertificate {
  std::string uri;
  std::string publicKeySha256;
  std::string serial;
  uint64_t notAfterMs = 0;
};

/** Secrets of both directions of a link's datagrams, for the cipher that TLS agreed on. */
struct DatagramSecrets {
  const SSL_CIPHER* cipher = nullptr;
  std::vector<uint8_t> own, peers;
  ~DatagramSecrets() {
    OPENSSL_cleanse(own.data(), own.size());
    OPENSSL_cleanse(peers.data(), peers.size());
  }
};

/** Credentials as OpenSSL contexts; connections keep the one they began with. */
class TlsContext {
 public:
  ~TlsContext();
  /** Null on failure; then `error` says why. */
  static std::shared_ptr<TlsContext> create(const std::string& chainPem, const std::string& keyPem,
                                            const std::string& caPem, std::string* error);
  SSL_CTX* server() const { return server_; }
  SSL_CTX* client() const { return client_; }

  void storeSession(const std::string& target, SSL_SESSION* session);
  /** Borrowed by OpenSSL's own reference count: the caller frees it. Null if there is none. */
  SSL_SESSION* takeSession(const std::string& target);

 private:
  SSL_CTX* server_ = nullptr;
  SSL_CTX* client_ = nullptr;
  std::mutex lock_;
  std::map<std::string, SSL_SESSION*> sessions_;
};

class TlsSession {
 public:
  enum class Step { wantRead, wantWrite, done, failed };

  /** `target`: what resumed sessions are kept under, of a dialled connection; else empty. */
  TlsSession(std::shared_ptr<TlsContext> context, int fd, bool isServer, std::string target,
             uint16_t features);
  ~TlsSession();

  /** Goes on with the handshake and the preface each way. */
  Step advance();
  /** Why it failed, for people. */
  const std::string& error() const { return error_; }
  /** True if what failed was the peer's certificate or TLS, not the network. */
  bool isTlsFault() const { return isTlsFault_; }

  const Preface& peerPreface() const { return peerPreface_; }
  /** ALPN `vnet-join`: a peer without certificate. */
  bool isJoin() const { return isJoin_; }
  bool isResumed() const { return SSL_session_reused(ssl_) == 1; }
  std::string cipherName() const;
  bool peerCertificate(PeerCertificate* out) const;
  /** After done, before handOver: what came in one record with the preface, behind it. */
  std::vector<uint8_t> takeEarly() {
    std::vector<uint8_t> early(static_cast<size_t>(SSL_pending(ssl_)));
    int n = early.empty() ? 0 : SSL_read(ssl_, early.data(), static_cast<int>(early.size()));
    early.resize(n > 0 ? static_cast<size_t>(n) : 0);
    return early;
  }
  /**
   * After done, before handOver: secrets for the datagrams of both directions, by the exporter of
   * TLS 1.3 (RFC 8446 section 7.5, RFC 5705).
   */
  bool exportSecrets(DatagramSecrets* out);
  /** After done: hands the traffic keys over; the session is of no use afterwards. */
  bool handOver(Sealer* sealer, Opener* opener);

 private:
  std::shared_ptr<TlsContext> context_;
  SSL* ssl_ = nullptr;
  bool isServer_;
  std::string target_;
  std::string error_;
  bool isTlsFault_ = false;
  bool isJoin_ = false;
  enum class Phase { handshake, sendPreface, receivePreface, done } phase_ = Phase::handshake;
  Preface peerPreface_{};
  uint8_t ownPreface_[kPrefaceBytes];
  uint8_t prefaceIn_[kPrefaceBytes];
  size_t prefaceInBytes_ = 0;
  std::vector<uint8_t> clientSecret_, serverSecret_;
  uint64_t recordsOut_ = 0, recordsIn_ = 0;  // since the traffic keys came into force

  Step fail(int sslResult, const char* what);
  friend struct TlsCallbacks;
};

}  // namespace vnet
