#include "evx/service/process.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "chassis_config.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/rpc/server.h"
#include "evx/service/ops_server.h"
#include "evx/service/version.h"
#include "evx/telemetry/log.h"
#include "grpc_log.h"
#include "signal_thread.h"

namespace evx::service {
namespace {

using telemetry::Log;
using telemetry::LogField;
using telemetry::LogLevel;
using SteadyTime = std::chrono::steady_clock::time_point;

std::string MetricsName(const ServiceInfo& info) {
  std::string name = info.metrics_name.empty() ? info.name : info.metrics_name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

void LogOptions(const Options& options) {
  std::vector<LogField> fields;
  std::string given;
  for (const ResolvedOption& option : options.Resolved()) {
    fields.emplace_back(option.name, option.value);
    if (option.source == ValueSource::kDefault) continue;
    given +=
        (given.empty() ? "" : ", ") + option.name + " by " + std::string(ToString(option.source));
  }
  fields.emplace_back("not_default", given);
  telemetry::ProcessLogger().Write(LogLevel::kInfo, "Options resolved.", fields.data(),
                                   fields.size());
}

// Every connection takes a descriptor, and the usual soft limit is 1,024: takes what the system
// allows.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    Log(telemetry::kWarning, "The limit of open files could not be raised.");
  }
}

absl::Status RunBody(const std::function<absl::Status(Process&)>& body, Process& process) {
  // The last net under libraries that throw.
  try {
    return body(process);
  } catch (const std::exception& exception) {
    return Internal(std::string("exception: ") + exception.what());
  }
}

}  // namespace

struct Process::Impl {
  Impl(const ServiceInfo& info, const ChassisConfig& chassis)
      : config(chassis), serves_grpc(info.grpc_port), ops(info.name, health, metrics) {
    const std::string prefix = "evx_" + MetricsName(info) + "_";
    metrics
        .AddGauge(prefix + "build_info", "Always 1; the label tells the release.",
                  {{"version", std::string(Version())}})
        .Set(1);
    metrics.AddGauge("process_start_time_seconds", "Start of the process, seconds since 1970.")
        .Set(static_cast<double>(clock.Now().millis()) / 1e3);
    telemetry::AddProcessMetrics(metrics);
  }

  bool IsStopping() {
    const std::lock_guard<std::mutex> lock(mutex);
    return stopping;
  }
  void HandleSignal(int signal);
  void Stop(std::string_view reason);
  [[noreturn]] void DrainTimedOut();

  const ChassisConfig config;
  const bool serves_grpc;
  const SystemClock clock;
  telemetry::Registry metrics;
  Health health;
  OpsHandler ops;
  std::unique_ptr<OpsServer> ops_server;
  std::mutex mutex;
  std::condition_variable stop_announced;
  bool ready ABSL_GUARDED_BY(mutex) = false;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  // The body may see the stop: the endpoints already tell of it.
  bool announced ABSL_GUARDED_BY(mutex) = false;
  SteadyTime stop_time ABSL_GUARDED_BY(mutex);
  std::function<void()> reload ABSL_GUARDED_BY(mutex);
  // Set while a GrpcDoor is open, which owns it.
  rpc::Server* grpc ABSL_GUARDED_BY(mutex) = nullptr;

  // Last, so that it ends before what its callbacks use.
  std::unique_ptr<SignalThread> signals;
};

void Process::Impl::HandleSignal(int signal) {
  if (signal == SIGHUP) {
    std::function<void()> run;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      run = reload;
    }
    if (run) {
      Log(telemetry::kInfo, "Reload requested.");
      run();
      return;
    }
  }
  if (IsStopping()) {
    Log(telemetry::kWarning, "Second signal, ending at once.");
    ::_exit(128 + signal);
  }
  Stop(signal == SIGTERM ? "SIGTERM" : signal == SIGINT ? "SIGINT" : "SIGHUP");
}

void Process::Impl::Stop(std::string_view reason) {
  {
    const std::lock_guard<std::mutex> lock(mutex);
    if (stopping) return;
    stopping = true;
    stop_time = std::chrono::steady_clock::now();
    if (grpc != nullptr) grpc->SetServing(false);
  }
  Log(telemetry::kInfo, "Draining.", {{"reason", reason}, {"drain_timeout", config.drain_timeout}});
  health.SetPhase(Phase::kDraining);
  signals->StartDeadline(config.drain_timeout);
  const std::lock_guard<std::mutex> lock(mutex);
  announced = true;
  stop_announced.notify_all();
}

void Process::Impl::DrainTimedOut() {
  Log(telemetry::kError, "Drain timed out; raise --drain_timeout if it needs longer.",
      {{"drain_timeout", config.drain_timeout}});
  ::_exit(kExitDrainTimeout);
}

Process::Process(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Process::~Process() = default;

const Clock& Process::clock() const { return impl_->clock; }
telemetry::Registry& Process::metrics() { return impl_->metrics; }
Health& Process::health() { return impl_->health; }
const OpsHandler& Process::ops() const { return impl_->ops; }

std::uint16_t Process::ops_port() const {
  return impl_->ops_server ? impl_->ops_server->port() : 0;
}

struct GrpcDoor::Impl {
  Process* process = nullptr;
  std::unique_ptr<rpc::Server> server;
};

GrpcDoor::GrpcDoor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GrpcDoor::~GrpcDoor() {
  Process::Impl& process = *impl_->process->impl_;
  {
    const std::lock_guard<std::mutex> lock(process.mutex);
    process.grpc = nullptr;
  }
  impl_->server->Drain(impl_->process->drain_time_left());
}

std::uint16_t GrpcDoor::port() const { return impl_->server->port(); }

absl::StatusOr<std::unique_ptr<GrpcDoor>> Process::ServeGrpc(
    const std::vector<grpc::Service*>& services) {
  EVX_CHECK(impl_->serves_grpc);
  SendGrpcLogToOurs();
  auto door = std::make_unique<GrpcDoor::Impl>();
  door->process = this;
  EVX_ASSIGN_OR_RETURN(door->server, rpc::Server::Start(impl_->config.grpc, services));
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  EVX_CHECK(impl_->grpc == nullptr);
  impl_->grpc = door->server.get();
  impl_->grpc->SetServing(impl_->ready && !impl_->stopping);
  return std::unique_ptr<GrpcDoor>(new GrpcDoor(std::move(door)));
}

void Process::SetReady() {
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    EVX_CHECK(!impl_->ready);
    impl_->ready = true;
    if (impl_->stopping) return;
    if (impl_->grpc != nullptr) impl_->grpc->SetServing(true);
  }
  // Without the lock, because a health check may ask this process something.
  impl_->health.SetPhase(Phase::kRunning);
  Log(telemetry::kInfo, "Ready.");
}

void Process::WaitForStop() {
  std::unique_lock<std::mutex> lock(impl_->mutex);
  impl_->stop_announced.wait(lock, [this] { return impl_->announced; });
}

bool Process::WaitForStop(absl::Duration limit) {
  constexpr absl::Duration kLongest = absl::Hours(24 * 365);  // The sum with now must not overflow.
  std::unique_lock<std::mutex> lock(impl_->mutex);
  return impl_->stop_announced.wait_for(lock, absl::ToChronoNanoseconds(std::min(limit, kLongest)),
                                        [this] { return impl_->announced; });
}

bool Process::stop_requested() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->announced;
}

void Process::RequestStop(std::string_view reason) { impl_->Stop(reason); }

absl::Duration Process::drain_time_left() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  if (!impl_->stopping) return impl_->config.drain_timeout;
  const auto spent = std::chrono::steady_clock::now() - impl_->stop_time;
  return std::max(absl::ZeroDuration(), impl_->config.drain_timeout - absl::FromChrono(spent));
}

void Process::OnReload(std::function<void()> reload) {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  impl_->reload = std::move(reload);
}

int ServiceMain(int argc, const char* const* argv, const ServiceInfo& info,
                const std::function<void(Options&)>& declare,
                const std::function<absl::Status(Process&)>& body) {
  Options options({.name = info.name, .summary = info.summary});
  ChassisConfig config;
  config.Declare(info, options);
  declare(options);
  if (const std::optional<int> code = options.ParseForMain(argc, argv)) return *code;

  BlockSignals();
  telemetry::InitLogging({.service = info.name, .level = config.log_level});
  Log(telemetry::kInfo, "Starting.", {{"version", Version()}, {"pid", ::getpid()}});
  LogOptions(options);
  RaiseDescriptorLimit();

  Process process(std::make_unique<Process::Impl>(info, config));
  Process::Impl& impl = *process.impl_;
  impl.signals = std::make_unique<SignalThread>(
      SignalThread::Callbacks{.on_signal = [&impl](int signal) { impl.HandleSignal(signal); },
                              .on_deadline = [&impl] { impl.DrainTimedOut(); }});
  impl.signals->Start();
  absl::Status status;
  if (info.ops_port) {
    auto server = OpsServer::Start(config.ops, impl.ops);
    status = server.status();
    if (server.ok()) impl.ops_server = *std::move(server);
  }
  if (status.ok()) status = RunBody(body, process);

  if (!status.ok()) {
    const std::lock_guard<std::mutex> lock(impl.mutex);
    Log(telemetry::kError, impl.ready ? "Failed." : "Start failed.",
        {{"reason", MessageOf(status)}});
    return kExitFailed;
  }
  Log(telemetry::kInfo, "Stopped.");
  return EXIT_SUCCESS;
}

}  // namespace evx::service
