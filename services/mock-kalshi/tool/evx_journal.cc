// evx-journal: looks at the journal of an exchange, and repairs it.
//
//   evx-journal print|verify|truncate|replay|digest|frames --data_dir=DIR [--from=N] [--to=N]
//   [--order=ID] evx-journal audit --data_dir=DIR [--postgres_url_file=FILE]
//   [--operator_addr=HOST:PORT
//                     --operator_credentials=FILE]

#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

#include "evx/core/status.h"
#include "evx/service/options.h"
#include "tool/journal_frames.h"
#include "tool/journal_tool.h"

int main(int argc, char** argv) {
  using evx::mock_kalshi::JournalToolConfig;
  using Verb = std::function<absl::Status(const JournalToolConfig&, std::ostream&)>;
  const std::map<std::string_view, Verb> verbs = {
      {"print", evx::mock_kalshi::PrintJournal},       {"verify", evx::mock_kalshi::VerifyJournal},
      {"truncate", evx::mock_kalshi::TruncateJournal}, {"replay", evx::mock_kalshi::ReplayJournal},
      {"audit", evx::mock_kalshi::AuditJournal},       {"digest", evx::mock_kalshi::DigestJournal},
      {"frames", evx::mock_kalshi::PrintFrames},
  };
  JournalToolConfig config;
  evx::service::Options options(
      {.name = "evx-journal",
       .summary =
           "evx-journal VERB ...: print, verify, truncate, replay (to a state hash), digest (of "
           "its events), frames (its market data, which evx-record imports) or audit (against "
           "PostgreSQL, Kafka and the running exchange) the journal of an exchange."});
  config.Declare(options);
  const auto verb = argc > 1 ? verbs.find(argv[1]) : verbs.end();
  const bool has_verb = verb != verbs.end();
  // Without a verb everything is an option, so that --help works and a wrong word is named.
  const int skipped = has_verb ? 1 : 0;
  if (const auto code = options.ParseForMain(argc - skipped, argv + skipped)) return *code;
  if (!has_verb) {
    std::cerr
        << "evx-journal: the first argument is print, verify, truncate, replay, digest, frames or "
           "audit\n";
    return evx::service::kExitBadOptions;
  }
  const absl::Status status = verb->second(config, std::cout);
  if (status.ok()) return 0;
  std::cerr << "evx-journal: " << evx::MessageOf(status) << '\n';
  return 1;
}
