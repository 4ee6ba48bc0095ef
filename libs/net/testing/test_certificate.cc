#include "evx/net/testing/test_certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>

#include "evx/core/check.h"

namespace evx::net::testing {
namespace {

constexpr long kValiditySeconds = 24 * 3600;

void AddAlternativeNames(X509* certificate) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
  EVX_CHECK(extension != nullptr);
  EVX_CHECK(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

}  // namespace

TestCertificate::TestCertificate() {
  std::string folder = (std::filesystem::temp_directory_path() / "evx-cert-XXXXXX").string();
  EVX_CHECK(::mkdtemp(folder.data()) != nullptr);
  folder_ = folder;

  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  EVX_CHECK(key != nullptr && certificate != nullptr);
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -kValiditySeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate), kValiditySeconds);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  AddAlternativeNames(certificate);
  EVX_CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);

  std::FILE* file = std::fopen(private_key_file().c_str(), "w");
  EVX_CHECK(file != nullptr);
  EVX_CHECK(PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  std::fclose(file);
  file = std::fopen(certificate_file().c_str(), "w");
  EVX_CHECK(file != nullptr);
  EVX_CHECK(PEM_write_X509(file, certificate) == 1);
  std::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

TestCertificate::~TestCertificate() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace evx::net::testing
