#include "doors/trader.h"

#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include "evx/core/check.h"
#include "evx/core/clock.h"
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

std::string SignedWebSocketHead(const Trader& trader) {
  constexpr std::string_view kPath = "/trade-api/ws/v2";
  const kalshi::RequestSignature signature =
      kalshi::SignRequest(trader.key, trader.key_id, SystemClock().Now(), "GET", kPath);
  std::string head = "GET ";
  head.append(kPath).append(" HTTP/1.1\r\n");
  for (const auto& [name, value] :
       {std::pair<std::string_view, std::string_view>(kalshi::kAccessKeyHeader, signature.key_id),
        {kalshi::kAccessTimestampHeader, signature.timestamp_ms},
        {kalshi::kAccessSignatureHeader, signature.signature}}) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  return head;
}

}  // namespace evx::load
