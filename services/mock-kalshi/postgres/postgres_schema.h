#pragma once

#include <span>
#include <string_view>

#include "evx/postgres/migrations.h"

namespace evx::mock_kalshi {

// The exchange's schema and its migrations (postgres/sql/, built into the program).
inline constexpr std::string_view kExchangeSchema = "exchange";
std::span<const postgres::Migration> ExchangeMigrations();

}  // namespace evx::mock_kalshi
