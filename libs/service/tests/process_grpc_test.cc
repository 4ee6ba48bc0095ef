#include <catch2/catch.hpp>
#include <string>

#include "evx/core/status.h"
#include "evx/rpc/channel.h"
#include "service_child.h"

namespace evx::service {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(20);

// One case only: this process uses gRPC afterwards and then must not fork.
TEST_CASE("Process: gRPC health says SERVING while the service is ready", "[service]") {
  int gate[2];
  REQUIRE(::pipe2(gate, O_CLOEXEC) == 0);
  const auto pass_gate = [&] {
    char byte = 0;
    return ::read(gate[0], &byte, 1) == 1;
  };
  Child child(
      {},
      [&](Process& process) -> absl::Status {
        EVX_ASSIGN_OR_RETURN(const auto grpc, process.ServeGrpc({}));
        Say(grpc->port());
        if (!pass_gate()) return Internal("gate");
        process.SetReady();
        SayPort(process);
        process.WaitForStop();
        SayPort(process);
        return pass_gate() ? absl::OkStatus() : Internal("gate");
      },
      0, 0);
  const std::string port = std::to_string(child.ReadPort());
  auto channel = rpc::MakeChannel({.address = "127.0.0.1:" + port});
  REQUIRE(channel.ok());
  // gRPC listens on loopback unless told otherwise: not on every address.
  auto elsewhere = rpc::MakeChannel({.address = "127.0.0.2:" + port});
  REQUIRE(elsewhere.ok());
  CHECK_FALSE(rpc::CheckHealth(*elsewhere, "", absl::Seconds(1)).ok());
  elsewhere->reset();
  CHECK(rpc::CheckHealth(*channel, "", kTimeout).value() == false);
  REQUIRE(::write(gate[1], "x", 1) == 1);
  child.ReadPort();
  CHECK(rpc::CheckHealth(*channel, "", kTimeout).value() == true);
  child.Signal(SIGTERM);
  child.ReadPort();
  CHECK(rpc::CheckHealth(*channel, "", kTimeout).value() == false);
  // An idle channel answers the server's goodbye only when it is polled; closed it delays nothing.
  channel->reset();
  REQUIRE(::write(gate[1], "x", 1) == 1);
  CHECK(child.Wait() == 0);
  ::close(gate[0]);
  ::close(gate[1]);
}

}  // namespace
}  // namespace evx::service
