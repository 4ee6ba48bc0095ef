#pragma once

#include <string>

namespace evx::net::testing {

// A fresh self-signed certificate for 127.0.0.1 and localhost, in a temporary folder that is
// removed with the object.
class TestCertificate {
 public:
  TestCertificate();
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;
  ~TestCertificate();

  std::string certificate_file() const { return folder_ + "/certificate.pem"; }
  std::string private_key_file() const { return folder_ + "/key.pem"; }

 private:
  std::string folder_;
};

}  // namespace evx::net::testing
