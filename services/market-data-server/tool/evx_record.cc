// evx-record: imports, checks, describes, exports and prunes recordings of received frames.
//
//   evx-record import FOLDER LOG...
//   evx-record prune FOLDER --until=TIME
//   evx-record verify|coverage|export FOLDER [--from=TIME] [--until=TIME] [--market=TICKER] ...

#include <iostream>

#include "evx/core/status.h"
#include "evx/service/options.h"
#include "record_tool.h"

int main(int argc, char** argv) {
  evx::market_data::RecordToolConfig config;
  evx::service::Options options(
      {.name = "evx-record",
       .summary = "Recordings of received frames: import of logs, verify (checksums and digest), "
                  "coverage (islands and gaps of each market), export (events or frames), prune "
                  "(whole hours)."});
  config.Declare(options);
  if (const auto code = options.ParseForMain(argc, argv)) return *code;
  const absl::Status status = evx::market_data::RunRecordTool(config, std::cout);
  if (status.ok()) return 0;
  std::cerr << "evx-record: " << evx::MessageOf(status) << '\n';
  return 1;
}
