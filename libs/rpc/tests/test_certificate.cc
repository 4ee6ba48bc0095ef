#include "test_certificate.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "evx/core/check.h"

namespace evx::rpc {
namespace {

template <class Write>
void WriteFile(const std::string& path, Write write) {
  std::FILE* file = std::fopen(path.c_str(), "we");
  EVX_CHECK(file != nullptr);
  EVX_CHECK(write(file) == 1);
  EVX_CHECK(std::fclose(file) == 0);
}

void AddExtension(X509* certificate, int nid, const char* value) {
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, value), &X509_EXTENSION_free);
  EVX_CHECK(extension != nullptr);
  EVX_CHECK(X509_add_ext(certificate, extension.get(), -1) == 1);
}

}  // namespace

Certificate::Certificate() {
  std::string pattern = (std::filesystem::temp_directory_path() / "evx-tls-XXXXXX").string();
  EVX_CHECK(::mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;

  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  EVX_CHECK(key != nullptr && certificate != nullptr);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  AddExtension(certificate.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  AddExtension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  EVX_CHECK(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);

  WriteFile(certificate_file(),
            [&](std::FILE* file) { return PEM_write_X509(file, certificate.get()); });
  WriteFile(key_file(), [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

Certificate::~Certificate() { std::filesystem::remove_all(folder_); }

}  // namespace evx::rpc
