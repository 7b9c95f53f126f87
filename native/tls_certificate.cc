// What a peer's certificate says: who it is, and by which key. See tls.h.
#include <openssl/x509v3.h>

#include "tls.h"

namespace vnet {

static std::string hex(const uint8_t* bytes, size_t length) {
  static const char* digits = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < length; i++) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

static std::string firstUri(X509* certificate) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string uri;
  for (int i = 0; uri.empty() && i < sk_GENERAL_NAME_num(names); i++) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    uri.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
               static_cast<size_t>(ASN1_STRING_length(text)));
  }
  GENERAL_NAMES_free(names);
  return uri;
}

static std::string publicKeySha256(X509* certificate) {
  uint8_t* der = nullptr;
  int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (length <= 0) return "";
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned digestLength = 0;
  EVP_Digest(der, static_cast<size_t>(length), digest, &digestLength, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  return hex(digest, digestLength);
}

bool TlsSession::peerCertificate(PeerCertificate* out) const {
  X509* certificate = SSL_get0_peer_certificate(ssl_);
  if (!certificate) return false;
  out->uri = firstUri(certificate);
  out->publicKeySha256 = publicKeySha256(certificate);
  BIGNUM* serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
  char* text = BN_bn2hex(serial);
  out->serial = text ? text : "";
  for (char& c : out->serial) c = static_cast<char>(tolower(c));
  OPENSSL_free(text);
  BN_free(serial);
  tm end{};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end);
  out->notAfterMs = static_cast<uint64_t>(timegm(&end)) * 1000u;
  return true;
}

}  // namespace vnet
