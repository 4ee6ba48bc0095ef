#include "leadership/publisher_lease.h"

#include <unistd.h>

#include <array>
#include <string>
#include <utility>

#include "embedded_sql.h"
#include "evx/core/status.h"
#include "evx/postgres/migrations.h"

namespace evx::market_data {
namespace {

// Tells any two runs apart.
std::string HolderName(const Clock& clock) {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  return std::string(host.data()) + "/" + std::to_string(getpid()) + "/" +
         std::to_string(clock.Now().millis());
}

}  // namespace

absl::StatusOr<std::unique_ptr<postgres::Lease>> StartPublisherLease(const MarketDataConfig& config,
                                                                     const Clock& clock) {
  if (config.postgres_url_file.empty()) return nullptr;
  postgres::LeaseOptions options;
  EVX_ASSIGN_OR_RETURN(options.connect.url, postgres::ReadUrlFile(config.postgres_url_file));
  options.connect.application_name = "market-data-server";
  options.table = std::string(kSchema) + ".leases";
  options.resource = config.publisher_id;
  options.holder = HolderName(clock);
  options.length = config.lease_length;
  options.renew_interval = config.lease_renew_interval;
  options.prepare = [](postgres::Connection& connection) {
    static const std::array<postgres::Migration, 1> kMigrations = {
        {{1, "001_leases", k001LeasesSql}}};
    return postgres::Migrate(connection, kSchema, kMigrations).status();
  };
  return postgres::Lease::Start(std::move(options));
}

}  // namespace evx::market_data
