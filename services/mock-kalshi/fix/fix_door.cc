#include "fix/fix_door.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "evx/core/status.h"
#include "evx/net/stream_server.h"
#include "fix/fix_gateway.h"
#include "fix/fix_session_files.h"

namespace evx::mock_kalshi {
namespace {

// A resend of a session's kept messages may be large; the client reads it as fast as it can.
constexpr std::size_t kOutputBytesMax = 64UL << 20;
constexpr std::size_t kConnectionCountMax = 2'048;
constexpr absl::Duration kDrainMax = absl::Seconds(1);

}  // namespace

struct FixDoor::Impl {
  explicit Impl(FixFeed& f) : feed(f) {}
  FixFeed& feed;
  std::unique_ptr<FixSessionFiles> files;
  std::unique_ptr<FixGateway> gateway;
  std::unique_ptr<net::StreamServer> server;
};

FixDoor::FixDoor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

FixDoor::~FixDoor() { Drain(absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<FixDoor>> FixDoor::Start(const MockKalshiConfig& config,
                                                        const ExchangeContext& context,
                                                        FixFeed& feed) {
  auto impl = std::make_unique<Impl>(feed);
  if (!config.ephemeral) {
    EVX_ASSIGN_OR_RETURN(impl->files, FixSessionFiles::Open(config.data_dir));
  }
  impl->gateway = std::make_unique<FixGateway>(context, feed, impl->files.get());
  impl->gateway->Restore(feed.TakeRecovered());
  net::StreamServer::Options options;
  // In the order of SessionKind.
  for (const std::uint16_t port : {config.fix_nr_port, config.fix_rt_port, config.fix_dc_port,
                                   config.fix_md_port, config.fix_pt_port}) {
    options.listeners.push_back({config.address, port});
  }
  if (config.fix_tls) {
    options.certificate_chain_file = config.tls_certificate_file;
    options.private_key_file = config.tls_private_key_file;
  }
  options.connection_count_max = kConnectionCountMax;
  options.output_bytes_max = kOutputBytesMax;
  EVX_ASSIGN_OR_RETURN(impl->server, net::StreamServer::Start(std::move(options), *impl->gateway));
  return std::unique_ptr<FixDoor>(new FixDoor(std::move(impl)));
}

std::uint16_t FixDoor::port(fix::SessionKind kind) const {
  return impl_->server->port(static_cast<std::size_t>(kind));
}

std::map<std::string, std::uint16_t> FixDoor::ports() const {
  std::map<std::string, std::uint16_t> ports;
  for (int kind = 0; kind < fix::kSessionKindCount; ++kind) {
    const auto session = static_cast<fix::SessionKind>(kind);
    ports.emplace(fix::CompIdOf(session), port(session));
  }
  return ports;
}

FixDoor::Stats FixDoor::stats() const {
  const FixGateway::Counters& counters = impl_->gateway->counters();
  return {counters.sessions.load(), counters.messages_in.load(), counters.messages_out.load(),
          counters.refused_logons.load()};
}

void FixDoor::Drain(absl::Duration timeout) {
  if (impl_->server == nullptr) return;
  impl_->gateway->RequestStop();
  const auto deadline =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(std::min(timeout, kDrainMax));
  while (!impl_->gateway->has_stopped() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // Poll interval.
  }
  impl_->feed.SetWake(nullptr);
  impl_->server->Stop();
}

}  // namespace evx::mock_kalshi
