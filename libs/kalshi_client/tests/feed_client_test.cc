#include "evx/kalshi_client/feed_client.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "evx/core/check.h"
#include "evx/kalshi/signing.h"
#include "evx/net/http_server.h"
#include "feed_log.h"

namespace evx::kalshi_client {
namespace {

using kalshi::Channel;
using kalshi::SubscriptionAction;

// How the venue misbehaves. Set before a connection is made.
struct Manners {
  bool answers_commands = true;
  int refusals = 0;  // So many handshakes are answered 503.
};

// A venue in this process: subscribes, numbers, answers with snapshots, and does what a test says.
// Sessions live on its one I/O thread.
class FakeVenue {
 public:
  FakeVenue() {
    auto server =
        net::HttpServer::Start({}, [this](net::HttpRequest& request, net::HttpResponder responder) {
          const std::lock_guard lock(mutex_);
          ++handshakes_;
          if (manners_.refusals > 0 && manners_.refusals-- > 0) {
            return responder.Send({.status = 503});
          }
          is_signed_ = public_key_ == nullptr ||
                       kalshi::VerifyRequest(
                           *public_key_, request.Header(kalshi::kAccessTimestampHeader), "GET",
                           "/trade-api/ws/v2", request.Header(kalshi::kAccessSignatureHeader));
          if (!is_signed_) return responder.Send({.status = 401});
          responder.Accept(request, std::make_unique<Session>(*this));
        });
    EVX_CHECK(server.ok());
    server_ = *std::move(server);
  }

  std::string url() const {
    return "ws://127.0.0.1:" + std::to_string(server_->port()) + "/trade-api/ws/v2";
  }
  void set_manners(Manners manners) {
    const std::lock_guard lock(mutex_);
    manners_ = manners;
  }
  void set_public_key(const kalshi::PublicKey& key) { public_key_ = &key; }
  int handshakes() {
    const std::lock_guard lock(mutex_);
    return handshakes_;
  }

  class Session;
  // Runs `task` with every open session, the oldest first.
  void Do(std::function<void(Session&)> task) {
    server_->PostToThread(0, [this, task = std::move(task)] {
      for (Session* session : std::vector(sessions_)) task(*session);
    });
  }

  class Session final : public net::WebSocketSession {
   public:
    explicit Session(FakeVenue& venue) : venue_(venue) {}

    void OnOpen(net::WebSocket& socket) override {
      socket_ = &socket;
      venue_.sessions_.push_back(this);
      const std::lock_guard lock(venue_.mutex_);
      manners_ = venue_.manners_;
    }
    void OnClose() override { std::erase(venue_.sessions_, this); }
    void OnMessage(std::string_view text, bool) override {
      if (!manners_.answers_commands) return;
      const kalshi::WebSocketCommand command = kalshi::DecodeWebSocketCommand(text);
      if (const auto* subscribe = std::get_if<kalshi::SubscribeCommand>(&command.body)) {
        for (const Channel channel : subscribe->channels) {
          const std::int64_t sid = ++last_sid_;
          sids_[channel] = sid;
          socket_->SendText(SubscribedFrame(command.id, kalshi::ToWire(channel), sid));
          if (channel == Channel::kOrderbookDelta) Snapshots(subscribe->markets.tickers);
        }
      } else if (const auto* update =
                     std::get_if<kalshi::UpdateSubscriptionCommand>(&command.body)) {
        if (update->action != SubscriptionAction::kGetSnapshot) {
          socket_->SendText(R"({"type":"ok","id":)" + std::to_string(command.id) + R"(,"sid":)" +
                            std::to_string(update->sid) + R"(,"seq":)" +
                            std::to_string(++numbers_[update->sid]) + "}");
        }
        const bool is_book = update->sid == sids_[Channel::kOrderbookDelta];
        if (update->action != SubscriptionAction::kDeleteMarkets && is_book) {
          Snapshots(update->markets.tickers);
        }
      }
    }

    void Snapshots(const std::vector<std::string>& tickers) {
      const std::int64_t sid = sids_[Channel::kOrderbookDelta];
      for (const std::string& ticker : tickers) {
        tickers_.insert(ticker);
        socket_->SendText(SnapshotFrame(sid, ++numbers_[sid], ticker));
      }
    }
    void Delta(const std::string& ticker) {
      const std::int64_t sid = sids_[Channel::kOrderbookDelta];
      socket_->SendText(DeltaFrame(sid, ++numbers_[sid], ticker));
    }
    void SkipNumber() { ++numbers_[sids_[Channel::kOrderbookDelta]]; }
    void Overflow() {
      const std::int64_t sid = sids_[Channel::kOrderbookDelta];
      socket_->SendText(ErrorFrame(0, 25, sid, ++numbers_[sid]));
    }
    void Raw(std::string_view text) { socket_->SendText(text); }
    void Cut() { socket_->Cut(); }
    std::size_t market_count() const { return tickers_.size(); }

   private:
    FakeVenue& venue_;
    Manners manners_;
    net::WebSocket* socket_ = nullptr;
    std::int64_t last_sid_ = 0;
    std::map<Channel, std::int64_t> sids_;
    std::map<std::int64_t, std::uint64_t> numbers_;
    std::set<std::string> tickers_;
  };

 private:
  std::mutex mutex_;
  Manners manners_;
  int handshakes_ = 0;
  bool is_signed_ = false;
  const kalshi::PublicKey* public_key_ = nullptr;
  std::vector<Session*> sessions_;  // I/O thread only.
  std::unique_ptr<net::HttpServer> server_;
};

FeedClient::Options OptionsFor(const FakeVenue& venue) {
  FeedClient::Options options;
  options.url = venue.url();
  options.session.channels = {Channel::kOrderbookDelta};
  options.backoff = absl::Milliseconds(5);
  options.backoff_max = absl::Milliseconds(50);
  return options;
}

// A venue, a feed of the markets A and B, and what it has told.
struct Fixture {
  void Start() { Start(OptionsFor(venue)); }
  void Start(FeedClient::Options options) {
    auto started = FeedClient::Start(std::move(options), clock, log);
    REQUIRE(started.ok());
    client = *std::move(started);
    REQUIRE(client->AddMarkets({"A", "B"}).ok());
  }
  void AwaitBooks() {
    REQUIRE(log.Await("snapshot A"));
    REQUIRE(log.Await("snapshot B"));
    log.Take();
  }

  FakeVenue venue;
  SystemClock clock;
  FeedLog log;
  std::unique_ptr<FeedClient> client;  // Ends before what it calls.
};

TEST_CASE("FeedClient: a gap is told and repaired on the connection that is there", "[feed]") {
  Fixture f;
  f.Start();
  f.AwaitBooks();
  f.venue.Do([](FakeVenue::Session& session) {
    session.SkipNumber();
    session.Delta("A");
  });
  REQUIRE(f.log.Await("began orderbook_delta sequence A B"));
  REQUIRE(f.log.Await("ended orderbook_delta"));
  f.venue.Do([](FakeVenue::Session& session) { session.Delta("B"); });
  REQUIRE(f.log.Await("delta B 7"));
  // By one question that was answered: nothing had to run out of time.
  CHECK(f.log.CountOf("fault no-answer 0") == 0);
  CHECK(f.client->stats().connects_total == 1);
}

TEST_CASE("FeedClient: a lost connection is made again and resubscribed", "[feed]") {
  Fixture f;
  f.Start();
  for (int i = 0; i < 3; ++i) {
    f.AwaitBooks();
    f.venue.Do([](FakeVenue::Session& session) { session.Cut(); });
    REQUIRE(f.log.Await("began orderbook_delta disconnected A B"));
    REQUIRE(f.log.Await("disconnected 0"));
    REQUIRE(f.log.Await("ended orderbook_delta"));
  }
  CHECK(f.client->stats().connects_total == 4);
}

TEST_CASE("FeedClient: a venue that refuses handshakes is tried for ever", "[feed]") {
  Fixture f;
  f.venue.set_manners({.refusals = 8});
  f.Start();
  f.AwaitBooks();
  CHECK(f.venue.handshakes() == 9);
}

TEST_CASE("FeedClient: bad frames, unknown messages and wrong sids do no harm", "[feed]") {
  Fixture f;
  f.Start();
  f.AwaitBooks();
  f.venue.Do([](FakeVenue::Session& session) {
    session.Raw(R"({"type":"weather","msg":{}})");
    session.Raw(DeltaFrame(77, 1, "A"));
    session.Raw("\n");
    session.Raw(R"({"type":"orderbook_delta","sid":1,"seq":3,"msg":{"market_ti)");
  });
  REQUIRE(f.log.Await("fault type 0"));
  REQUIRE(f.log.Await("fault sid 0"));
  REQUIRE(f.log.Await("fault unreadable 0"));
  REQUIRE(f.log.Await("ended orderbook_delta"));
  CHECK(f.client->stats().connects_total == 1);
}

TEST_CASE("FeedClient: a subscription that overflowed is subscribed again", "[feed]") {
  Fixture f;
  f.Start();
  f.AwaitBooks();
  f.venue.Do([](FakeVenue::Session& session) { session.Overflow(); });
  REQUIRE(f.log.Await("fault refused 25"));
  REQUIRE(f.log.Await("began orderbook_delta ended A B"));
  REQUIRE(f.log.Await("ended orderbook_delta"));
  CHECK(f.client->stats().connects_total == 1);
}

TEST_CASE("FeedClient: a venue that does not answer commands is left", "[feed]") {
  Fixture f;
  f.venue.set_manners({.answers_commands = false});
  FeedClient::Options options = OptionsFor(f.venue);
  options.session.answer_timeout = absl::Milliseconds(100);
  f.Start(options);
  REQUIRE(f.log.Await("fault no-answer 0"));
  f.venue.set_manners({});
  REQUIRE(f.log.Await("ended orderbook_delta"));
}

TEST_CASE("FeedClient: markets are spread over connections", "[feed]") {
  Fixture f;
  FeedClient::Options options = OptionsFor(f.venue);
  options.markets_per_connection = 2;
  options.connections_max = 3;
  f.Start(options);
  f.AwaitBooks();
  REQUIRE(f.client->AddMarkets({"C", "D", "E"}).ok());
  for (const char* line : {"snapshot C", "snapshot D", "snapshot E"}) REQUIRE(f.log.Await(line));
  CHECK(f.client->stats().connections_open == 3);
  CHECK(f.client->AddMarkets({"F", "G"}).code() == absl::StatusCode::kResourceExhausted);
  f.client->RemoveMarkets({"E"});
  REQUIRE(f.log.Await("disconnected 2"));
  REQUIRE(f.client->AddMarkets({"F", "G"}).ok());
  REQUIRE(f.log.Await("snapshot G"));
}

TEST_CASE("FeedClient: every handshake is signed", "[feed]") {
  const auto key = kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519);
  REQUIRE(key.ok());
  char folder[] = "/tmp/evx_feed_XXXXXX";
  REQUIRE(mkdtemp(folder) != nullptr);
  const std::string file = std::string(folder) + "/key.pem";
  std::ofstream(file) << key->ToPem();
  {
    Fixture f;
    f.venue.set_public_key(key->public_key());
    FeedClient::Options options = OptionsFor(f.venue);
    options.key_id = "id";
    options.private_key_file = file;
    f.Start(options);
    f.AwaitBooks();
    CHECK(f.venue.handshakes() == 1);
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("FeedClient: faulty options are named", "[feed]") {
  const SystemClock clock;
  FeedLog log;
  FeedClient::Options options;
  options.url = "ws://127.0.0.1:1/";
  std::string name;
  SECTION("url") { options.url = name = "http://127.0.0.1/"; }
  SECTION("key") { options.key_id = "id", name = "key_id"; }
  SECTION("file") {
    options.key_id = "id";
    options.private_key_file = name = "/nowhere";
  }
  SECTION("limit") { options.markets_per_connection = 0, name = "markets_per_connection"; }
  SECTION("channel") { options.session.channels = {Channel::kFill}, name = "fill"; }
  SECTION("backoff") { options.backoff = absl::ZeroDuration(), name = "backoff"; }
  const auto client = FeedClient::Start(options, clock, log);
  REQUIRE(client.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(MessageOf(client.status()).find(name) != std::string::npos);
}

}  // namespace
}  // namespace evx::kalshi_client
