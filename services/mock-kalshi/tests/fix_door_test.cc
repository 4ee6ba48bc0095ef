#include "fix/fix_door.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "evx/core/check.h"
#include "evx/core/clock.h"
#include "evx/fix/message.h"
#include "evx/fix/tags.h"
#include "evx/kalshi/signing.h"
#include "exchange/exchange_host.h"
#include "fix/fix_feed.h"

namespace evx::mock_kalshi {
namespace {

namespace msg_type = fix::msg_type;
namespace tag = fix::tag;
using fix::SessionKind;

struct Member {
  AccountId account;
  std::string key_id;
  kalshi::PrivateKey key;
};

// Holds the release of the next record, behind what FIX learns of it.
class HeldRelease final : public RecordListener {
 public:
  void OnRecord(const ReleasedRecord& /*record*/) override { is_held_.wait(true); }
  void Hold() { is_held_ = true; }
  void End() {
    is_held_ = false;
    is_held_.notify_all();
  }

 private:
  std::atomic<bool> is_held_ = false;
};

// An exchange with one open market behind its FIX ports, on clocks that stand still.
class Venue {
 public:
  static constexpr std::int64_t kStartSeconds = 1'785'931'200;  // 2026-08-05T12:00:00Z

  Venue() {
    config_.ephemeral = true;
    config_.faults = Faults::kAllowed;
    config_.clock = ExchangeClock::Mode::kVirtual;
    config_.clock_start = "2026-08-05T12:00:00Z";
    config_.fix_nr_port = config_.fix_rt_port = config_.fix_dc_port = config_.fix_md_port =
        config_.fix_pt_port = 0;
    auto host = ExchangeHost::Start(config_, {wall_, [](const absl::Status&) {}, {}},
                                    {&feed_, &held_release_});
    REQUIRE(host.ok());
    host_ = *std::move(host);
    auto door = FixDoor::Start(config_, host_->context(), feed_);
    REQUIRE(door.ok());
    door_ = *std::move(door);
    List();
  }
  ~Venue() {
    host_->context().faults.Stop();
    door_.reset();
    host_->Stop();
  }

  Member Join(std::string_view name) {
    auto key = kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519);
    REQUIRE(key.ok());
    const AccountId account =
        Apply(venue::OpenAccount{InlineString<64>(name), 100, venue::UsageTier::kUnlimited})
            .account;
    Member member{account, kalshi::NewKeyId(), *std::move(key)};
    venue::RegisterKey registration;
    registration.account = account;
    registration.key_id = venue::UuidText(member.key_id);
    registration.public_key_pem = member.key.public_key().ToPem();
    Apply(registration);
    Apply(venue::Deposit{account, 0, Money::FromDollars(10'000)});
    return member;
  }

  venue::CommandResult Apply(venue::Command command) {
    const Outcome outcome = host_->sequencer().Execute(std::move(command));
    REQUIRE(outcome.status.ok());
    REQUIRE(!outcome.result.reject);
    return outcome.result;
  }

  FaultInjector& faults() { return host_->context().faults; }
  FixDoor& door() { return *door_; }
  HeldRelease& held_release() { return held_release_; }
  Timestamp now() const { return wall_.Now(); }

 private:
  void List() {
    venue::PutSeries series;
    series.ticker = venue::Ticker("S");
    venue::PutEvent event;
    event.ticker = venue::Ticker("E");
    event.series = Apply(series).series;
    venue::PutMarket market;
    market.ticker = venue::Ticker("M");
    market.event = Apply(event).event;
    market.price_level_structure = decltype(market.price_level_structure)("linear_cent");
    market.open_time = host_->clock().Now();
    market.close_time = host_->clock().Now() + absl::Hours(1);
    Apply(market);
  }

  MockKalshiConfig config_;
  ManualClock wall_{Timestamp::FromSeconds(kStartSeconds)};
  FixFeed feed_;
  HeldRelease held_release_;
  std::unique_ptr<ExchangeHost> host_;
  std::unique_ptr<FixDoor> door_;
};

// A client of one thread.
class Client {
 public:
  Client(Venue& venue, const Member& member, SessionKind kind = SessionKind::kOrderEntry)
      : venue_(venue), member_(member), kind_(kind), fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(venue.door().port(kind));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EVX_CHECK(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The type of the answer.
  std::string LogOn() {
    const std::string text =
        fix::LogonSignedText(fix::FormatUtcTimestamp(venue_.now()), std::to_string(number_),
                             member_.key_id, CompIdOf(kind_));
    Send(msg_type::kLogon, "98=0|108=30|96=" + kalshi::EncodeBase64(member_.key.Sign(text)) +
                               "|141=Y|1137=9|21011=Y|");
    return Read();
  }
  // "|" stands for SOH.
  void Send(std::string_view type, std::string body) {
    for (char& c : body) c = c == '|' ? fix::kSoh : c;
    std::string out;
    fix::AppendMessage({type, member_.key_id, CompIdOf(kind_), number_++, venue_.now(), {}}, body,
                       out);
    (void)::send(fd_, out.data(), out.size(), MSG_NOSIGNAL);
  }
  void SendOrder(int id) {
    Send(msg_type::kNewOrderSingle, "11=" + std::to_string(id) + "|38=1|40=2|44=1|54=1|55=M|59=1|");
  }
  // The type of the next message, which `message` is; empty at the end.
  std::string Read() {
    for (;;) {
      in_.erase(0, std::exchange(read_, 0));
      const fix::Frame frame = fix::NextFrame(in_);
      if (frame.status == fix::Frame::Status::kMessage) {
        read_ = frame.size;
        message.Parse(std::string_view(in_).substr(0, read_));
        return std::string(message.type());
      }
      char piece[64 * 1024];
      const ssize_t size = ::recv(fd_, piece, sizeof piece, 0);
      if (size <= 0) return "";
      in_.append(piece, static_cast<std::size_t>(size));
    }
  }

  fix::Message message;

 private:
  Venue& venue_;
  const Member& member_;
  const SessionKind kind_;
  const int fd_;
  std::uint64_t number_ = 1;
  std::string in_;
  std::size_t read_ = 0;
};

}  // namespace

TEST_CASE("FixDoor: sessions are served beside each other while keys go and faults come",
          "[mock_kalshi]") {
  constexpr int kSessions = 4;
  constexpr int kOrders = 200;
  Venue venue;
  std::vector<Member> members;
  for (int i = 0; i < kSessions; ++i) members.push_back(venue.Join("member-" + std::to_string(i)));
  const Member unlucky = venue.Join("unlucky");
  std::atomic<int> in_order = 0;
  std::atomic<int> running = kSessions;
  std::vector<std::thread> threads;
  for (const Member& member : members) {
    threads.emplace_back([&venue, &member, &in_order, &running] {
      Client client(venue, member);
      if (client.LogOn() == msg_type::kLogon) {
        for (int id = 0; id < kOrders; ++id) client.SendOrder(id);
        for (int id = 0; id < kOrders; ++id) {
          if (client.Read() != msg_type::kExecutionReport) break;
          if (client.message.Get(tag::kClOrdId) == std::to_string(id)) ++in_order;
        }
      }
      --running;
    });
  }
  Client cut(venue, unlucky);
  CHECK(cut.LogOn() == msg_type::kLogon);
  while (running > 0) {
    FaultProfile profile;
    profile.latency = absl::Milliseconds(1);
    CHECK(venue.faults().Set({FaultDoor::kFix, members[0].account}, profile).ok());
    (void)venue.door().stats();
    venue.faults().ClearAll();
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(in_order == kSessions * kOrders);
  venue.Apply(venue::RevokeKey{unlucky.account, venue::UuidText(unlucky.key_id)});
  CHECK(cut.Read() == msg_type::kLogout);
  CHECK(cut.Read().empty());
}

TEST_CASE("FixDoor: a session that ends with messages held leaves the others alone",
          "[mock_kalshi]") {
  Venue venue;
  const Member late = venue.Join("late");
  const Member other = venue.Join("other");
  Client bystander(venue, other);
  REQUIRE(bystander.LogOn() == msg_type::kLogon);
  {
    Client client(venue, late);
    REQUIRE(client.LogOn() == msg_type::kLogon);
    FaultProfile profile;
    profile.latency = absl::Seconds(60);
    REQUIRE(venue.faults().Set({FaultDoor::kFix, late.account}, profile).ok());
    for (int id = 0; id < 10; ++id) client.SendOrder(id);
    client.Send(msg_type::kTestRequest, "112=x|");
    REQUIRE(client.Read() == msg_type::kHeartbeat);
  }
  bystander.SendOrder(1);
  CHECK(bystander.Read() == msg_type::kExecutionReport);
  CHECK(venue.faults().count(FaultKind::kDelay) == 10);
}

TEST_CASE("FixDoor: a report that was received can be asked for again at once", "[mock_kalshi]") {
  Venue venue;
  const Member member = venue.Join("member");
  Client client(venue, member);
  REQUIRE(client.LogOn() == msg_type::kLogon);
  venue.held_release().Hold();
  client.SendOrder(1);
  CHECK(client.Read() == msg_type::kExecutionReport);
  const std::string id(client.message.Get(tag::kExecId));
  client.Send(msg_type::kEventResendRequest, "21001=" + id + "|21002=" + id + "|");
  CHECK(client.Read() == msg_type::kExecutionReport);
  CHECK(client.message.Get(tag::kExecId) == id);
  venue.held_release().End();
}

TEST_CASE("FixDoor: held messages are done when faults stop, and a drain says so",
          "[mock_kalshi]") {
  Venue venue;
  const Member late = venue.Join("late");
  Client client(venue, late);
  REQUIRE(client.LogOn() == msg_type::kLogon);
  FaultProfile profile;
  profile.latency = absl::Seconds(60);
  REQUIRE(venue.faults().Set({FaultDoor::kFix, late.account}, profile).ok());
  client.SendOrder(1);
  client.Send(msg_type::kTestRequest, "112=x|");
  REQUIRE(client.Read() == msg_type::kHeartbeat);
  venue.faults().Stop();
  CHECK(client.Read() == msg_type::kExecutionReport);
  venue.door().Drain(absl::Seconds(1));
  CHECK(client.Read() == msg_type::kLogout);
  CHECK(client.message.Get(tag::kText) == "the exchange is stopping");
  CHECK(client.Read().empty());
}

}  // namespace evx::mock_kalshi
