// Throw-away certificates for native tests: a CA and leaves with a URI, made by OpenSSL.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string>

#include "check.h"

namespace vnet::test {

struct Identity {
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  std::string keyPem, certificatePem;
};

inline std::string pemOf(EVP_PKEY* key, X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  if (key) PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  if (certificate) PEM_write_bio_X509(bio, certificate);
  char* text = nullptr;
  long length = BIO_get_mem_data(bio, &text);
  std::string pem(text, static_cast<size_t>(length));
  BIO_free(bio);
  return pem;
}

inline void addExtension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  CHECK(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/** `issuer` null: a CA. `seconds`: how long it is good from now, negative: expired. */
inline Identity makeIdentity(const std::string& name, const Identity* issuer, long seconds = 3600) {
  static long serial = 1;
  Identity made;
  made.key = EVP_EC_gen("P-256");
  X509* certificate = made.certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
  X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
  X509_set_pubkey(certificate, made.key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const uint8_t*>(name.c_str()), -1, -1, 0);
  X509_NAME* issuerName = issuer ? X509_get_subject_name(issuer->certificate) : subject;
  X509_set_issuer_name(certificate, issuerName);
  if (issuer) {
    addExtension(certificate, NID_subject_alt_name, ("URI:vnet://test/host/" + name).c_str());
  } else {
    addExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  }
  X509_sign(certificate, issuer ? issuer->key : made.key, EVP_sha256());
  made.keyPem = pemOf(made.key, nullptr);
  made.certificatePem = pemOf(nullptr, certificate);
  return made;
}

inline void freeIdentity(Identity& identity) {
  EVP_PKEY_free(identity.key);
  X509_free(identity.certificate);
}

}  // namespace vnet::test
