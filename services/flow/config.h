#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evx/service/options.h"

namespace evx::flow {

// live: participants until the process is stopped. verify: every recording once on the virtual
// clock, compared; the exit code is 0 only if every check was equal.
enum class Mode : std::uint8_t { kLive, kVerify };

// Every option of flow; help and bounds are in config.cc.
struct FlowConfig {
  Mode mode = Mode::kLive;
  std::string exchange_addr = "127.0.0.1:50051";
  std::string operator_addr = "127.0.0.1:50060";
  std::string credentials;
  std::string operator_credentials;
  std::string recordings;
  std::string recording_dir;
  std::vector<std::string> markets;
  double speed = 1.0;
  bool recorded = true;
  bool synthetic = true;
  std::uint32_t synthetic_markets = 400;
  std::uint64_t seed = 1;

  void Declare(service::Options& options);
};

}  // namespace evx::flow
