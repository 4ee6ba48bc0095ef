#pragma once

#include <grpcpp/impl/service_type.h>

#include <memory>
#include <string>
#include <utility>

#include "evx/core/check.h"
#include "evx/rpc/channel.h"
#include "evx/rpc/server.h"

namespace evx::rpc::testing {

// A service on a port of its own, with a stub of it over a real channel. `Service` is the generated
// class, such as marketdata::v1::CandleService.
template <class Service>
class Served {
 public:
  explicit Served(std::unique_ptr<grpc::Service> service) : service_(std::move(service)) {
    auto server = Server::Start({}, {service_.get()});
    EVX_CHECK(server.ok());
    server_ = *std::move(server);
    ChannelOptions options;
    options.address = "127.0.0.1:" + std::to_string(server_->port());
    const auto channel = MakeChannel(options);
    EVX_CHECK(channel.ok());
    stub_ = Service::NewStub(*channel);
  }

  typename Service::Stub& stub() { return *stub_; }

 private:
  const std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<typename Service::Stub> stub_;
};

}  // namespace evx::rpc::testing
