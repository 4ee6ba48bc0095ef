#pragma once

#include <filesystem>
#include <string>

namespace evx::rpc {

// A fresh self-signed certificate for localhost and 127.0.0.1 and its key, as PEM files in a folder
// that goes with the object.
class Certificate {
 public:
  Certificate();
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  std::string certificate_file() const { return folder_ / "certificate.pem"; }
  std::string key_file() const { return folder_ / "key.pem"; }

 private:
  std::filesystem::path folder_;
};

}  // namespace evx::rpc
