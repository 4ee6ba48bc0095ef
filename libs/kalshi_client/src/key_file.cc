#include "key_file.h"

#include <fstream>

#include "evx/core/status.h"

namespace evx::kalshi_client {

absl::StatusOr<kalshi::PrivateKey> ReadKeyFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return InvalidArgument("private_key_file " + file + " cannot be read");
  std::string pem(kalshi::kPemBytesMax + 1, '\0');
  in.read(pem.data(), static_cast<std::streamsize>(pem.size()));
  pem.resize(static_cast<std::size_t>(in.gcount()));
  auto key = kalshi::PrivateKey::FromPem(pem);
  if (!key.ok()) {
    return InvalidArgument("private_key_file " + file + ": " + MessageOf(key.status()));
  }
  return key;
}

}  // namespace evx::kalshi_client
