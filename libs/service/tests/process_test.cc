#include "evx/service/process.h"

#include <fcntl.h>
#include <httplib.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <future>
#include <string>
#include <vector>

#include "evx/core/status.h"
#include "evx/service/version.h"
#include "service_child.h"

namespace evx::service {
namespace {

using Catch::Matchers::Contains;
absl::Status RunUntilStopped(Process& process) {
  process.SetReady();
  SayPort(process);
  process.WaitForStop();
  return absl::OkStatus();
}

TEST_CASE("ServiceMain: SIGTERM, SIGINT and SIGHUP drain and end with 0", "[service]") {
  const int signal = GENERATE(SIGTERM, SIGINT, SIGHUP);
  Child child({}, RunUntilStopped);
  const int port = child.ReadPort();
  httplib::Client client("127.0.0.1", port);
  CHECK(client.Get("/ready")->status == 200);
  CHECK_THAT(client.Get("/metrics")->body,
             Contains("evx_test_service_build_info{version=\"" + std::string(Version()) + "\"} 1"));
  child.Signal(signal);
  CHECK(child.Wait() == 0);
}

TEST_CASE("ServiceMain: a wait with a limit ends at the limit or at the stop", "[service]") {
  Child child({}, [](Process& process) {
    process.SetReady();
    if (process.WaitForStop(absl::Milliseconds(1))) return Internal("nobody asked for a stop");
    SayPort(process);
    return process.WaitForStop(absl::InfiniteDuration()) ? absl::OkStatus() : Internal("no stop");
  });
  child.ReadPort();
  child.Signal(SIGTERM);
  CHECK(child.Wait() == 0);
}

TEST_CASE("ServiceMain: the operations endpoints listen on loopback unless told otherwise",
          "[service]") {
  Child child({}, RunUntilStopped);
  const int port = child.ReadPort();
  // Another address of this machine's loopback: a listener on every address would answer it too.
  CHECK(httplib::Client("127.0.0.1", port).Get("/ready"));
  CHECK_FALSE(httplib::Client("127.0.0.2", port).Get("/ready"));
  child.Signal(SIGTERM);
  CHECK(child.Wait() == 0);

  Child open({"--http_host=0.0.0.0"}, RunUntilStopped);
  CHECK(httplib::Client("127.0.0.2", open.ReadPort()).Get("/ready"));
  open.Signal(SIGTERM);
  CHECK(open.Wait() == 0);
}

TEST_CASE("ServiceMain: while it drains it is live and not ready", "[service]") {
  int gate[2];
  REQUIRE(::pipe2(gate, O_CLOEXEC) == 0);
  Child child({}, [&](Process& process) {
    process.SetReady();
    SayPort(process);
    process.WaitForStop();
    SayPort(process);
    // Drains until the parent has looked at the endpoints.
    char byte = 0;
    return ::read(gate[0], &byte, 1) == 1 && process.drain_time_left() < absl::Seconds(10)
               ? absl::OkStatus()
               : Internal("the gate is broken");
  });
  const int port = child.ReadPort();
  child.Signal(SIGTERM);
  CHECK(child.ReadPort() == port);
  httplib::Client client("127.0.0.1", port);
  CHECK(client.Get("/health")->status == 200);
  CHECK(client.Get("/ready")->status == 503);
  REQUIRE(::write(gate[1], "x", 1) == 1);
  CHECK(child.Wait() == 0);
  ::close(gate[0]);
  ::close(gate[1]);
}

TEST_CASE("ServiceMain: a body that outlives --drain_timeout is ended with 3", "[service]") {
  Child child({"--drain_timeout=20ms"}, [](Process& process) {
    process.SetReady();
    SayPort(process);
    while (true) ::pause();
    return absl::OkStatus();
  });
  child.ReadPort();
  child.Signal(SIGTERM);
  CHECK(child.Wait() == kExitDrainTimeout);
  CHECK(child.Log().back()["level"] == "error");
}

TEST_CASE("ServiceMain: a second signal ends the process at once", "[service]") {
  Child child({}, [](Process& process) {
    process.SetReady();
    SayPort(process);
    process.WaitForStop();
    SayPort(process);
    while (true) ::pause();
    return absl::OkStatus();
  });
  child.ReadPort();
  child.Signal(SIGTERM);
  child.ReadPort();
  child.Signal(SIGINT);
  CHECK(child.Wait() == 128 + SIGINT);
}

TEST_CASE("ServiceMain: a failed start is one clear line and exit code 1", "[service]") {
  Child child({}, [](Process&) { return Unavailable("cannot reach PostgreSQL at db:5433"); });
  CHECK(child.Wait() == kExitFailed);
  const std::vector<Json> log = child.Log();
  CHECK(log.back()["message"] == "Start failed.");
  CHECK(log.back()["level"] == "error");
  CHECK(log.back()["reason"] == "cannot reach PostgreSQL at db:5433");
}

TEST_CASE("ServiceMain: an exception is an error, not an abort", "[service]") {
  Child child({}, [](Process&) -> absl::Status { throw std::runtime_error("library bug"); });
  CHECK(child.Wait() == kExitFailed);
  CHECK(child.Log().back()["reason"] == "exception: library bug");
}

TEST_CASE("ServiceMain: a port in use fails the start and names the option", "[service]") {
  Child first({}, RunUntilStopped);
  const std::string flag = "--port=" + std::to_string(first.ReadPort());
  Child second({flag.c_str()}, RunUntilStopped);
  CHECK(second.Wait() == kExitFailed);
  CHECK_THAT(second.Log().back()["reason"].get<std::string>(), Contains("--http_port"));
  first.Signal(SIGTERM);
  CHECK(first.Wait() == 0);
}

TEST_CASE("ServiceMain: bad options are all reported and end with 2", "[service]") {
  Child child({"--drain_timeout=0s", "--log_level=loud", "--prot=1"}, RunUntilStopped);
  CHECK(child.Wait() == kExitBadOptions);
  const std::string errors = child.Errors();
  CHECK_THAT(errors, Contains("test-service: 3 faults in the options:"));
  CHECK_THAT(errors, Contains("did you mean --port?"));
  CHECK_THAT(errors, Contains("flag --log_level: loud is none of debug, info, warning, error"));
}

TEST_CASE("ServiceMain: TLS files of gRPC come in pairs", "[service]") {
  Child child({"--grpc_tls_key_file=/etc/passwd"}, RunUntilStopped, 0, 0);
  CHECK(child.Wait() == kExitBadOptions);
  CHECK_THAT(child.Errors(), Contains("--grpc_tls_certificate_file"));
}

TEST_CASE("ServiceMain: information flags print to stdout and end with 0", "[service]") {
  Child version({"--version"}, RunUntilStopped);
  CHECK(version.Wait() == 0);
  CHECK_THAT(version.Output(), Catch::StartsWith("test-service " + std::string(Version())));
  Child markdown({"--help_markdown"}, RunUntilStopped);
  CHECK(markdown.Wait() == 0);
  CHECK_THAT(markdown.Output(),
             Contains("| `--drain_timeout` | `EVX_DRAIN_TIMEOUT` | `10s` | 1ms..1h | "));
}

TEST_CASE("ServiceMain: the resolved options are logged at start", "[service]") {
  Child child({"--http-host=127.0.0.1"}, [](Process& process) {
    process.RequestStop("done");
    process.WaitForStop();
    return absl::OkStatus();
  });
  CHECK(child.Wait() == 0);
  const std::vector<Json> log = child.Log();
  CHECK(log[0]["message"] == "Starting.");
  CHECK(log[0]["service"] == "test-service");
  CHECK(log[1]["http_host"] == "127.0.0.1");
  CHECK(log[1]["log_level"] == "info");
  CHECK(log[1]["not_default"] == "http_host by flag");
  CHECK(log.back()["message"] == "Stopped.");
}

TEST_CASE("ServiceMain: SIGHUP reloads where the service can", "[service]") {
  Child child({}, [](Process& process) {
    std::promise<void> reloaded;
    process.OnReload([&] { reloaded.set_value(); });
    process.SetReady();
    SayPort(process);
    reloaded.get_future().wait();
    SayPort(process);
    process.WaitForStop();
    process.OnReload(nullptr);
    return absl::OkStatus();
  });
  child.ReadPort();
  child.Signal(SIGHUP);
  child.ReadPort();
  child.Signal(SIGTERM);
  CHECK(child.Wait() == 0);
}

TEST_CASE("ServiceMain: a service without a port of its own opens none", "[service]") {
  Child child({}, RunUntilStopped, std::nullopt);
  CHECK(child.ReadPort() == 0);
  child.Signal(SIGTERM);
  CHECK(child.Wait() == 0);
}

}  // namespace
}  // namespace evx::service
