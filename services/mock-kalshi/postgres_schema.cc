#include "postgres_schema.h"

#include <array>

#include "embedded_sql.h"

namespace evx::mock_kalshi {

std::span<const postgres::Migration> ExchangeMigrations() {
  static const std::array<postgres::Migration, 1> kMigrations = {
      {{1, "001_exchange", k001ExchangeSql}}};
  return kMigrations;
}

}  // namespace evx::mock_kalshi
