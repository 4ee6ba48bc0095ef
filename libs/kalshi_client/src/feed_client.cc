#include "evx/kalshi_client/feed_client.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <utility>

#include "evx/core/backoff.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/kalshi/signing.h"
#include "evx/kalshi_client/feed_plan.h"
#include "key_file.h"

namespace evx::kalshi_client {
namespace {

// A connection that stayed subscribed for so long is sound: the next back-off begins anew.
constexpr absl::Duration kSoundAfter = absl::Seconds(5);

absl::Status CheckOptions(const FeedClient::Options& options) {
  if (options.markets_per_connection == 0 || options.connections_max == 0 ||
      options.session.markets_per_command == 0) {
    return InvalidArgument(
        "markets_per_connection, connections_max and markets_per_command must be above zero");
  }
  if (options.key_id.empty() != options.private_key_file.empty()) {
    return InvalidArgument("key_id and private_key_file belong together");
  }
  if (options.session.channels.empty()) return InvalidArgument("channels must not be empty");
  for (const kalshi::Channel channel : options.session.channels) {
    if (channel > kalshi::Channel::kTrade && channel != kalshi::Channel::kMarketLifecycle &&
        channel != kalshi::Channel::kMultivariateMarketLifecycle) {
      return InvalidArgument("channel " + std::string(kalshi::ToWire(channel)) +
                             " is not market data");
    }
  }
  if (options.backoff <= absl::ZeroDuration() || options.backoff_max < options.backoff) {
    return InvalidArgument("backoff must be above zero and not above backoff_max");
  }
  return absl::OkStatus();
}

// What the handshake signs: the path of the url.
std::string PathOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t path = scheme == std::string_view::npos ? scheme : url.find('/', scheme + 3);
  return path == std::string_view::npos ? "/" : std::string(url.substr(path));
}

struct Counters {
  std::atomic<int> connections_open = 0;
  std::atomic<std::uint64_t> connects = 0;
  std::atomic<std::uint64_t> frames = 0;
};

// What all connections of a feed share.
struct Shared {
  FeedClient::Options options;
  std::string path;
  std::optional<kalshi::PrivateKey> key;
  const Clock& clock;
  FeedListener& listener;
  Counters counters;
  std::atomic<bool> is_stopping = false;
  std::mt19937_64 random{std::random_device{}()};  // I/O thread only.
  net::WebSocketClient* sockets = nullptr;

  net::WebSocketTarget Target() const {
    net::WebSocketTarget target{options.url, {}};
    if (!key) return target;
    const kalshi::RequestSignature signature =
        kalshi::SignRequest(*key, options.key_id, clock.Now(), "GET", path);
    target.headers = {{std::string(kalshi::kAccessKeyHeader), signature.key_id},
                      {std::string(kalshi::kAccessTimestampHeader), signature.timestamp_ms},
                      {std::string(kalshi::kAccessSignatureHeader), signature.signature}};
    return target;
  }
};

// One connection of the plan, for the life of the feed. I/O thread only.
class Link final : public FeedLink {
 public:
  Link(int index, bool carries_lifecycle, Shared& shared)
      : shared_(shared),
        session_(index, carries_lifecycle, shared.options.session, shared.clock, shared.listener,
                 *this),
        backoff_(shared.options.backoff, shared.options.backoff_max) {}

  FeedSession& session() { return session_; }

  // Connects unless it is, or will be, or has nothing to do.
  void Ensure() {
    if (is_busy_ || !session_.has_work() || shared_.is_stopping) return;
    is_busy_ = true;
    Connect();
  }

  bool Send(std::string_view command) override {
    return socket_ != nullptr && socket_->SendText(command);
  }
  void Restart(std::string_view why) override {
    restart_reason_ = why;
    // Not within the call: the session is in the middle of something.
    shared_.sockets->Post([this, doomed = socket_] {
      if (socket_ == doomed && socket_ != nullptr) socket_->Cut();
    });
  }

 private:
  class Socket final : public net::WebSocketClientSession {
   public:
    explicit Socket(Link& link) : link_(link) {}
    void OnOpen(net::WebSocket& socket) override { link_.OnOpen(socket); }
    void OnMessage(std::string_view message, bool) override {
      link_.shared_.counters.frames.fetch_add(1, std::memory_order_relaxed);
      link_.session_.OnFrame(message);
    }
    void OnTick() override { link_.OnTick(); }
    void OnClose(const net::WebSocketEnd& end) override { link_.OnClose(end); }

   private:
    Link& link_;
  };

  void Connect() {
    shared_.counters.connects.fetch_add(1, std::memory_order_relaxed);
    restart_reason_.clear();
    const absl::Status status =
        shared_.sockets->Connect(shared_.Target(), std::make_unique<Socket>(*this));
    if (!status.ok()) OnClose({status});
  }

  void OnOpen(net::WebSocket& socket) {
    socket_ = &socket;
    shared_.counters.connections_open.fetch_add(1, std::memory_order_relaxed);
    session_.OnOpen(MonotonicNanos());
  }

  void OnTick() {
    const std::int64_t now = MonotonicNanos();
    session_.OnTick(now);
    if (!session_.is_subscribed()) {
      subscribed_nanos_ = 0;
    } else if (subscribed_nanos_ == 0) {
      subscribed_nanos_ = now;
    } else if (now - subscribed_nanos_ >= absl::ToInt64Nanoseconds(kSoundAfter)) {
      backoff_.Reset();
    }
  }

  void OnClose(const net::WebSocketEnd& end) {
    if (socket_ != nullptr) {
      shared_.counters.connections_open.fetch_sub(1, std::memory_order_relaxed);
    }
    socket_ = nullptr;
    subscribed_nanos_ = 0;
    absl::Status why = restart_reason_.empty() ? end.status : Unavailable(restart_reason_);
    if (why.ok()) why = Unavailable("the venue closed: " + end.close_reason);
    session_.Reset(why);
    if (shared_.is_stopping) return;
    if (!session_.has_work()) {
      is_busy_ = false;
      return;
    }
    std::uniform_real_distribution<double> jitter(0.5, 1.0);
    shared_.sockets->PostAfter(backoff_.Next() * jitter(shared_.random), [this] {
      is_busy_ = false;
      Ensure();
    });
  }

  Shared& shared_;
  FeedSession session_;
  Backoff backoff_;
  net::WebSocket* socket_ = nullptr;  // While it is open.
  bool is_busy_ = false;              // Connecting, open, or waiting for the next attempt.
  std::string restart_reason_;
  std::int64_t subscribed_nanos_ = 0;
};

}  // namespace

class FeedClient::Impl {
 public:
  Impl(Options options, std::optional<kalshi::PrivateKey> key, const Clock& clock,
       FeedListener& listener)
      : shared_{options, PathOf(options.url), std::move(key), clock, listener},
        plan_(options.markets_per_connection, options.connections_max) {}

  ~Impl() {
    shared_.is_stopping = true;
    sockets_.reset();
  }

  absl::Status Begin() {
    net::WebSocketClient::Options options = shared_.options.socket;
    // One more than needed: a link's old connection ends before its new one begins.
    options.connections_max = shared_.options.connections_max + 1;
    EVX_ASSIGN_OR_RETURN(sockets_, net::WebSocketClient::Start(std::move(options)));
    shared_.sockets = sockets_.get();
    sockets_->Post([this] { LinkAt(0).Ensure(); });
    return absl::OkStatus();
  }

  absl::Status AddMarkets(const std::vector<std::string>& tickers) {
    const std::lock_guard lock(mutex_);
    std::map<int, std::vector<std::string>> added;
    for (const std::string& ticker : tickers) {
      const std::size_t before = plan_.market_count();
      const std::optional<int> connection = plan_.Add(ticker);
      if (!connection) {
        for (const auto& [index, some] : added) {
          for (const std::string& taken : some) plan_.Remove(taken);
        }
        return ResourceExhausted("connections_max times markets_per_connection is too small for " +
                                 std::to_string(tickers.size()) + " more markets");
      }
      if (plan_.market_count() != before) added[*connection].push_back(ticker);
    }
    for (auto& [index, some] : added) {
      sockets_->Post([this, index = index, some = std::move(some)] {
        Link& link = LinkAt(index);
        link.session().AddMarkets(some);
        link.Ensure();
      });
    }
    return absl::OkStatus();
  }

  void RemoveMarkets(const std::vector<std::string>& tickers) {
    const std::lock_guard lock(mutex_);
    std::map<int, std::vector<std::string>> removed;
    for (const std::string& ticker : tickers) {
      if (const auto connection = plan_.Remove(ticker)) removed[*connection].push_back(ticker);
    }
    for (auto& [index, some] : removed) {
      sockets_->Post([this, index = index, some = std::move(some)] {
        LinkAt(index).session().RemoveMarkets(some);
      });
    }
  }

  FeedStats stats() const {
    const Counters& counters = shared_.counters;
    return {counters.connections_open, counters.connects, counters.frames};
  }

 private:
  // I/O thread only; links are never taken away. The first one carries the lifecycle channels.
  Link& LinkAt(int index) {
    while (links_.size() <= static_cast<std::size_t>(index)) {
      const bool has_lifecycle =
          links_.empty() &&
          std::any_of(shared_.options.session.channels.begin(),
                      shared_.options.session.channels.end(), [](kalshi::Channel channel) {
                        return channel == kalshi::Channel::kMarketLifecycle ||
                               channel == kalshi::Channel::kMultivariateMarketLifecycle;
                      });
      links_.emplace_back(static_cast<int>(links_.size()), has_lifecycle, shared_);
    }
    return links_[static_cast<std::size_t>(index)];
  }

  Shared shared_;
  std::mutex mutex_;
  FeedPlan plan_;  // Guarded by mutex_, which also keeps posts in the order of the plan.
  std::deque<Link> links_;
  std::unique_ptr<net::WebSocketClient> sockets_;
};

FeedClient::FeedClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FeedClient::~FeedClient() = default;

absl::StatusOr<std::unique_ptr<FeedClient>> FeedClient::Start(Options options, const Clock& clock,
                                                              FeedListener& listener) {
  EVX_RETURN_IF_ERROR(CheckOptions(options));
  EVX_RETURN_IF_ERROR(net::WebSocketClient::CheckUrl(options.url));
  std::optional<kalshi::PrivateKey> key;
  if (!options.private_key_file.empty()) {
    EVX_ASSIGN_OR_RETURN(key, ReadKeyFile(options.private_key_file));
  }
  auto impl = std::make_unique<Impl>(std::move(options), std::move(key), clock, listener);
  EVX_RETURN_IF_ERROR(impl->Begin());
  return std::unique_ptr<FeedClient>(new FeedClient(std::move(impl)));
}

absl::Status FeedClient::AddMarkets(const std::vector<std::string>& tickers) {
  return impl_->AddMarkets(tickers);
}
void FeedClient::RemoveMarkets(const std::vector<std::string>& tickers) {
  impl_->RemoveMarkets(tickers);
}
FeedStats FeedClient::stats() const { return impl_->stats(); }

}  // namespace evx::kalshi_client
