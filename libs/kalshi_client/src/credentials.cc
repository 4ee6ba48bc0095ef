#include "evx/kalshi_client/credentials.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "evx/core/status.h"

namespace evx::kalshi_client {

absl::StatusOr<Credentials> ReadCredentials(const std::string& path) {
  std::ifstream file(path);
  if (!file) return NotFound("credentials file " + path + " cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  const nlohmann::json json = nlohmann::json::parse(text.str(), nullptr, false);
  Credentials credentials;
  for (auto& [name, target] : {std::pair("key_id", &credentials.key_id),
                               std::pair("private_key_path", &credentials.private_key_path)}) {
    if (!json.is_object() || !json.contains(name) || !json[name].is_string()) {
      return InvalidArgument("credentials file " + path + " has no text member " + name);
    }
    *target = json[name].get<std::string>();
  }
  return credentials;
}

}  // namespace evx::kalshi_client
