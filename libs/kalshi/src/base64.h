#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace evx::kalshi {

// Base64url without padding, strict in both directions: the text of page cursors.
std::string EncodeBase64Url(std::string_view bytes);
std::optional<std::string> DecodeBase64Url(std::string_view text);

}  // namespace evx::kalshi
