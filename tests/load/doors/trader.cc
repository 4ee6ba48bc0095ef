#include "doors/trader.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "evx/core/check.h"
#include "evx/kalshi_client/credentials.h"

namespace evx::load {

Trader ReadTrader(const std::string& credentials_path) {
  const auto credentials = kalshi_client::ReadCredentials(credentials_path);
  EVX_CHECK(credentials.ok());
  std::ifstream file(credentials->private_key_path);
  const std::string pem{std::istreambuf_iterator<char>(file), {}};
  auto key = kalshi::PrivateKey::FromPem(pem);
  EVX_CHECK(key.ok());
  return {credentials->key_id, *std::move(key)};
}

}  // namespace evx::load
