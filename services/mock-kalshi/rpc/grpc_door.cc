#include "rpc/grpc_door.h"

#include <algorithm>
#include <string>
#include <utility>

#include "evx/core/status.h"
#include "evx/rpc/server.h"
#include "exchange/event_log.h"
#include "exchange/reply_thread.h"
#include "rpc/grpc_book_service.h"
#include "rpc/grpc_exchange_service.h"
#include "rpc/grpc_operator_service.h"

namespace evx::mock_kalshi {
namespace {

// Open order streams end with their clients; a drain does not wait longer for them.
constexpr absl::Duration kStreamDrainMax = absl::Seconds(1);

}  // namespace

struct GrpcFeed::Impl {
  explicit Impl(const EventLog::Options& remembered) : log(remembered, replies) {}
  EventLog log;
  ReplyThread replies;  // Ends first: what was posted to it wakes the readers of the log.
};

GrpcFeed::GrpcFeed(const EventLog::Options& remembered)
    : impl_(std::make_unique<Impl>(remembered)) {}
GrpcFeed::~GrpcFeed() = default;
RecordListener& GrpcFeed::listener() { return impl_->log; }

struct GrpcDoor::Impl {
  explicit Impl(GrpcFeed::Impl& f) : feed(f) {}
  GrpcFeed::Impl& feed;
  std::unique_ptr<grpc::Service> exchange;
  std::unique_ptr<grpc::Service> books;
  std::unique_ptr<grpc::Service> operations;
  std::unique_ptr<rpc::Server> exchange_server;
  std::unique_ptr<rpc::Server> operator_server;
};

GrpcDoor::GrpcDoor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GrpcDoor::~GrpcDoor() { Drain(absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<GrpcDoor>> GrpcDoor::Start(const MockKalshiConfig& config,
                                                          const ExchangeContext& context,
                                                          ExchangeClock& clock, GrpcFeed& feed) {
  auto impl = std::make_unique<Impl>(*feed.impl_);
  feed.impl_->log.StartAfter(context.sequencer.released());
  impl->exchange = MakeExchangeService(context, feed.impl_->replies, feed.impl_->log);
  impl->books = MakeBookService(context, feed.impl_->replies, feed.impl_->log);
  impl->operations = MakeOperatorService(context, clock, feed.impl_->replies);
  rpc::ServerOptions options;
  options.host = config.address;
  options.port = config.grpc_port;
  options.tls.certificate_file = config.tls_certificate_file;
  options.tls.key_file = config.tls_private_key_file;
  EVX_ASSIGN_OR_RETURN(impl->exchange_server,
                       rpc::Server::Start(options, {impl->exchange.get(), impl->books.get()}));
  rpc::ServerOptions operator_options;
  operator_options.host = config.operator_address;
  operator_options.port = config.operator_grpc_port;
  EVX_ASSIGN_OR_RETURN(impl->operator_server,
                       rpc::Server::Start(operator_options, {impl->operations.get()}));
  return std::unique_ptr<GrpcDoor>(new GrpcDoor(std::move(impl)));
}

std::uint16_t GrpcDoor::port() const { return impl_->exchange_server->port(); }
std::uint16_t GrpcDoor::operator_port() const { return impl_->operator_server->port(); }

void GrpcDoor::SetServing(bool serving) {
  impl_->exchange_server->SetServing(serving);
  impl_->operator_server->SetServing(serving);
}

void GrpcDoor::Drain(absl::Duration timeout) {
  impl_->feed.log.Close();
  impl_->exchange_server->Drain(std::min(timeout, kStreamDrainMax));
  impl_->operator_server->Drain(std::min(timeout, kStreamDrainMax));
}

}  // namespace evx::mock_kalshi
