#include "config.h"

namespace evx::flow {

void FlowConfig::Declare(service::Options& options) {
  options.Add("mode", &mode,
              {.help = "Participate until stopped, or replay every recording once on the virtual "
                       "clock and compare.",
               .values = {{"live", Mode::kLive}, {"verify", Mode::kVerify}}});
  options.Add("exchange_addr", &exchange_addr,
              {.help = "Host and port of the exchange's gRPC door.", .required = true});
  options.Add("operator_addr", &operator_addr,
              {.help = "Host and port of the exchange's operator gRPC door.", .required = true});
  options.AddPath(
      "credentials", &credentials,
      {.help = "File with the keys of at least four accounts, as mock-kalshi writes it.",
       .kind = service::PathKind::kExistingFile,
       .required = true});
  options.AddPath(
      "operator_credentials", &operator_credentials,
      {.help = "File with the operator's key: lists, closes and settles replay markets.",
       .kind = service::PathKind::kExistingFile,
       .required = true});
  options.AddPath("recordings", &recordings,
                  {.help = "Directory of further sessions; in mode verify they alone count."});
  options.AddPath("recording_dir", &recording_dir,
                  {.help = "Recording of market-data-server, whose markets are replayed too; in "
                           "mode verify they alone count.",
                   .kind = service::PathKind::kExistingDirectory});
  options.Add("markets", &markets,
              {.help = "Recorded markets to replay; empty: all.", .flags = {"market"}});
  options.Add("speed", &speed,
              {.help = "Recorded seconds per second of a live replay.", .min = 0.1, .max = 100});
  options.Add("recorded", &recorded, {.help = "Replay recordings in mode live, in a loop."});
  options.Add("synthetic", &synthetic, {.help = "Run synthetic agents in mode live."});
  options.Add(
      "synthetic_markets", &synthetic_markets,
      {.help = "Most open markets that synthetic agents trade in.", .min = 1, .max = 1'000});
  options.Add("seed", &seed, {.help = "Seed of the synthetic agents.", .min = 0});
}

}  // namespace evx::flow
