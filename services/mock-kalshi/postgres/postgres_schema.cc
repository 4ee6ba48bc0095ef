#include "postgres/postgres_schema.h"

#include <array>

#include "embedded_sql.h"

namespace evx::mock_kalshi {

std::span<const postgres::Migration> ExchangeMigrations() {
  static const std::array<postgres::Migration, 2> kMigrations = {
      {{1, "001_exchange", k001ExchangeSql}, {2, "002_order_groups", k002OrderGroupsSql}}};
  return kMigrations;
}

}  // namespace evx::mock_kalshi
