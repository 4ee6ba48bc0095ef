#include "evx/rpc/server.h"

#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "evx/core/status.h"
#include "evx/rpc/channel.h"
#include "evx/rpc/status.h"
#include "test_certificate.h"

namespace evx::rpc {
namespace {

using Catch::Matchers::Contains;

constexpr absl::Duration kTimeout = absl::Seconds(20);
constexpr const char* kReflectionMethod =
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

std::unique_ptr<Server> StartServer(ServerOptions options = {}) {
  options.host = "127.0.0.1";
  auto server = Server::Start(options, {});
  REQUIRE(server.ok());
  REQUIRE((*server)->port() != 0);
  return *std::move(server);
}

std::shared_ptr<grpc::Channel> ChannelTo(const Server& server) {
  auto channel = MakeChannel({.address = "127.0.0.1:" + std::to_string(server.port())});
  REQUIRE(channel.ok());
  return *channel;
}

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToBytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  REQUIRE(buffer.Dump(&slices).ok());
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

// A call of one request and one response over a bidirectional stream.
struct RawStream {
  explicit RawStream(const std::shared_ptr<grpc::Channel>& channel, const char* method) {
    SetDeadline(context, kTimeout);
    call = grpc::GenericStub(channel).PrepareCall(&context, method, &queue);
    call->StartCall(nullptr);
    REQUIRE(Next());
  }

  bool Next() {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  }

  bool Write(const std::string& bytes) {
    call->Write(ToBuffer(bytes), nullptr);
    return Next();
  }

  std::string Read() {
    grpc::ByteBuffer response;
    call->Read(&response, nullptr);
    return Next() ? ToBytes(response) : "";
  }

  grpc::Status Finish() {
    grpc::Status status;
    call->Finish(&status, nullptr);
    Next();
    return status;
  }

  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call;
};

TEST_CASE("Server: the health service follows SetServing and Drain", "[rpc]") {
  const std::unique_ptr<Server> server = StartServer();
  const auto channel = ChannelTo(*server);
  CHECK(CheckHealth(channel, "", kTimeout).value() == false);
  server->SetServing(true);
  CHECK(CheckHealth(channel, "", kTimeout).value() == true);
  CHECK(CheckHealth(channel, "no.such.Service", kTimeout).status().code() ==
        absl::StatusCode::kNotFound);
  server->Drain(absl::ZeroDuration());
  CHECK(CheckHealth(channel, "", kTimeout).status().code() == absl::StatusCode::kUnavailable);
}

TEST_CASE("Server: reflection lists the services", "[rpc]") {
  const std::unique_ptr<Server> server = StartServer();
  RawStream stream(ChannelTo(*server), kReflectionMethod);
  // ServerReflectionRequest { string list_services = 7; }
  REQUIRE(stream.Write(std::string{0x3a, 0x01, '*'}));
  const std::string response = stream.Read();
  CHECK_THAT(response, Contains("grpc.health.v1.Health"));
  CHECK_THAT(response, Contains("grpc.reflection.v1alpha.ServerReflection"));
}

TEST_CASE("Server: a message above the limit is refused and the server goes on", "[rpc]") {
  ServerOptions options;
  options.message_bytes_max = 1 << 10;
  const std::unique_ptr<Server> server = StartServer(options);
  const auto channel = ChannelTo(*server);
  RawStream stream(channel, kReflectionMethod);
  REQUIRE(stream.Write(std::string(2 << 10, 'x')));
  CHECK(stream.Read().empty());
  CHECK(stream.Finish().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(CheckHealth(channel, "", kTimeout).ok());
}

TEST_CASE("Server: Drain ends open streams when its time is over", "[rpc]") {
  const std::unique_ptr<Server> server = StartServer();
  RawStream stream(ChannelTo(*server), kReflectionMethod);
  REQUIRE(stream.Write(std::string{0x3a, 0x01, '*'}));
  CHECK_FALSE(stream.Read().empty());
  server->Drain(absl::Milliseconds(10));
  CHECK(stream.Read().empty());
  CHECK_FALSE(stream.Finish().ok());
}

TEST_CASE("Server: a port in use is refused, not shared", "[rpc]") {
  const std::unique_ptr<Server> first = StartServer();
  ServerOptions options;
  options.host = "127.0.0.1";
  options.port = first->port();
  const auto second = Server::Start(options, {});
  REQUIRE(second.status().code() == absl::StatusCode::kUnavailable);
  CHECK_THAT(MessageOf(second.status()),
             Contains("127.0.0.1:" + std::to_string(first->port())) && Contains("--grpc_port"));
}

TEST_CASE("Server: TLS serves clients that trust it and show a certificate, and no others",
          "[rpc]") {
  const Certificate ours;
  const Certificate foreign;
  ServerOptions options;
  options.tls = {.certificate_file = ours.certificate_file(),
                 .key_file = ours.key_file(),
                 .client_ca_file = ours.certificate_file()};
  const std::unique_ptr<Server> server = StartServer(options);
  const auto health = [&](ChannelOptions client) {
    client.address = "127.0.0.1:" + std::to_string(server->port());
    const auto channel = MakeChannel(client);
    REQUIRE(channel.ok());
    return CheckHealth(*channel, "", kTimeout);
  };
  CHECK(health({.ca_file = ours.certificate_file(),
                .certificate_file = ours.certificate_file(),
                .key_file = ours.key_file()})
            .ok());
  CHECK_FALSE(health({}).ok());
  CHECK_FALSE(health({.ca_file = ours.certificate_file()}).ok());
  CHECK_FALSE(health({.ca_file = ours.certificate_file(),
                      .certificate_file = foreign.certificate_file(),
                      .key_file = foreign.key_file()})
                  .ok());
  CHECK_FALSE(health({.ca_file = foreign.certificate_file(),
                      .certificate_file = ours.certificate_file(),
                      .key_file = ours.key_file()})
                  .ok());
}

TEST_CASE("Server: TLS files that cannot be read are named", "[rpc]") {
  ServerOptions options;
  options.tls.certificate_file = "/nonexistent/server.pem";
  CHECK_THAT(MessageOf(Server::Start(options, {}).status()), Contains("/nonexistent/server.pem"));
  CHECK_FALSE(MakeChannel({.address = "x:1", .ca_file = "/nonexistent/ca.pem"}).ok());
}

TEST_CASE("CheckHealth: a peer that does not listen is unavailable within the deadline", "[rpc]") {
  const auto channel = MakeChannel({.address = "127.0.0.1:1"});
  REQUIRE(channel.ok());
  const absl::Status status = CheckHealth(*channel, "", kTimeout).status();
  CHECK(status.code() == absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace evx::rpc
