#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/service/health.h"
#include "evx/service/ops_handler.h"
#include "evx/service/options.h"
#include "evx/telemetry/metrics.h"

namespace grpc {
class Service;
}

// The life of a service process, from its options to its exit code. A main.cc is wiring:
//
//   int main(int argc, char** argv) {
//     evx::market_maker::Config config;
//     return evx::service::ServiceMain(
//         argc, argv, {.name = "market-maker", .summary = "Quotes.", .ops_port = 8888, .grpc_port =
//         50057},
//         [&](evx::service::Options& options) { config.Declare(options); },
//         [&](evx::service::Process& process) -> absl::Status {
//           Probe probe(process.metrics());
//           EVX_ASSIGN_OR_RETURN(auto maker, MarketMaker::Start(config, probe));
//           EVX_ASSIGN_OR_RETURN(const auto grpc, process.ServeGrpc({}));
//           const auto quotes = process.health().AddCheck("quotes", Impact::kLiveness, ...);
//           process.SetReady();
//           process.WaitForStop();
//           return maker->Drain(process.drain_time_left());
//         });
//   }
//
// What ServiceMain does, in this order: reads the options (all faults on stderr, exit 2); starts
// the log and writes the resolved options to it; raises the soft limit of open files to the hard
// one; serves the operations endpoints; runs the body; after SIGTERM or SIGINT turns /ready to 503,
// wakes the body and gives it --drain_timeout to return. A second signal ends the process at once.

namespace evx::service {

// Exit codes, besides 0 for a clean stop and kExitBadOptions.
inline constexpr int kExitFailed = 1;        // start failed, or the body returned an error
inline constexpr int kExitDrainTimeout = 3;  // the body did not return within --drain_timeout

struct ServiceInfo {
  std::string name;     // "market-maker": help, logs, health
  std::string summary;  // for --help
  // Metrics are named evx_<metrics_name>_...; empty: the name with '_' for '-'.
  std::string metrics_name = {};
  // Default of --http_port, where OpsServer serves the operations endpoints. Nothing: the service
  // has an HTTP server of its own and answers with Process::ops().
  std::optional<std::uint16_t> ops_port = {};
  // Default of --grpc_port, where Process::ServeGrpc listens. Nothing: no gRPC options.
  std::optional<std::uint16_t> grpc_port = {};
};

// An open gRPC listener of a Process; closes when it goes, after the open calls had what is left of
// the drain time.
class GrpcDoor {
 public:
  ~GrpcDoor();
  GrpcDoor(const GrpcDoor&) = delete;
  GrpcDoor& operator=(const GrpcDoor&) = delete;
  std::uint16_t port() const;

 private:
  friend class Process;
  struct Impl;
  explicit GrpcDoor(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

// What the body of a service works with. Thread-safe, except where it says otherwise.
class Process {
 public:
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const Clock& clock() const;
  telemetry::Registry& metrics();
  Health& health();
  const OpsHandler& ops() const;
  // The port OpsServer listens on; 0 when the service serves the endpoints itself.
  std::uint16_t ops_port() const;

  // Serves `services` (none is fine), health and reflection at --grpc_port. The health service says
  // SERVING from SetReady until the stop. At most one door is open at a time; it and then the
  // services go before the body returns. Needs ServiceInfo::grpc_port.
  absl::StatusOr<std::unique_ptr<GrpcDoor>> ServeGrpc(const std::vector<grpc::Service*>& services);

  // The service can do its work: /ready answers 200 from now on. Called once.
  void SetReady();

  // Blocks until a signal or RequestStop. The body then stops its doors, finishes what it accepted,
  // and returns.
  void WaitForStop();
  // The same for at most `limit`: for a body that tries something again. True: stop.
  bool WaitForStop(absl::Duration limit);
  bool stop_requested() const;
  // Stops the process as a signal would. The reason is logged; the first one counts.
  void RequestStop(std::string_view reason);
  // What is left of --drain_timeout; all of it before a stop.
  absl::Duration drain_time_left() const;

  // Runs `reload` on the signal thread at each SIGHUP; it must be quick, since other signals wait
  // for it, and stay callable until ServiceMain returns. Without it SIGHUP stops the process as
  // SIGTERM does.
  void OnReload(std::function<void()> reload);

 private:
  friend class GrpcDoor;
  friend int ServiceMain(int argc, const char* const* argv, const ServiceInfo& info,
                         const std::function<void(Options&)>& declare,
                         const std::function<absl::Status(Process&)>& body);
  struct Impl;
  explicit Process(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

// Runs a service; returns the exit code of the process. Call it first in main, before any thread
// starts: it blocks SIGTERM, SIGINT and SIGHUP for every thread and ignores SIGPIPE.
int ServiceMain(int argc, const char* const* argv, const ServiceInfo& info,
                const std::function<void(Options&)>& declare,
                const std::function<absl::Status(Process&)>& body);

// For a child after fork: undoes what ServiceMain did to the signals. Async-signal-safe.
void RestoreSignals();

}  // namespace evx::service
