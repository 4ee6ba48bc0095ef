#include "host.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"

namespace evx::load {

Host::Host(const std::string& directory) {
  config_.data_dir = directory;
  auto host = mock_kalshi::ExchangeHost::Start(
      config_, {clock_,
                [](const absl::Status& status) {
                  absl::FPrintF(stderr, "exchange failed: %s\n", status.ToString());
                },
                {}});
  if (!host.ok()) absl::FPrintF(stderr, "%s\n", host.status().ToString());
  EVX_CHECK(host.ok());
  host_ = *std::move(host);
}

void Host::Populate(const Population& population) {
  for (venue::Command& command : SetupCommands(population, clock_.Now())) {
    while (!sequencer()
                .Submit(command, {},
                        [](const mock_kalshi::Outcome& outcome) {
                          EVX_CHECK(outcome.status.ok() && !outcome.result.reject);
                        })
                .ok()) {
      std::this_thread::yield();
    }
  }
  EVX_CHECK(sequencer().Execute(venue::AdvanceTime{}).status.ok());
}

}  // namespace evx::load
