#pragma once

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evx/core/status.h"
#include "evx/telemetry/metrics.h"
#include "fake_exchange.h"
#include "probe.h"
#include "stream/stream_name.h"
#include "trading/trading_desk.h"

// A trading desk before a fake exchange, with an audit log in memory.

namespace evx::gateway::testing {

inline constexpr auto kPatience = std::chrono::seconds(30);

// The audit log's table, without PostgreSQL.
class MemoryAudit final : public CommandAudit {
 public:
  absl::Status CanWrite() const override {
    const std::lock_guard lock(mutex_);
    return is_full_ ? ResourceExhausted("full") : absl::OkStatus();
  }
  absl::Status Write(AuditEntry entry) override {
    const std::lock_guard lock(mutex_);
    if (!entry.command_id.empty() && FindLocked(entry.user_id, entry.command_id) != nullptr) {
      return absl::OkStatus();
    }
    entries_.push_back(std::move(entry));
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<AuditEntry>> Find(std::int64_t user_id,
                                                 std::string_view command_id) override {
    const std::lock_guard lock(mutex_);
    const AuditEntry* entry = FindLocked(user_id, command_id);
    return entry == nullptr ? std::nullopt : std::optional(*entry);
  }
  void SetFull(bool is_full) {
    const std::lock_guard lock(mutex_);
    is_full_ = is_full;
  }
  void Clear() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
  }
  std::vector<AuditEntry> entries() const {
    const std::lock_guard lock(mutex_);
    return {entries_.begin(), entries_.end()};
  }

 private:
  const AuditEntry* FindLocked(std::int64_t user_id, std::string_view command_id) const {
    for (const AuditEntry& entry : entries_) {
      if (entry.user_id == user_id && entry.command_id == command_id) return &entry;
    }
    return nullptr;
  }

  mutable std::mutex mutex_;
  bool is_full_ = false;
  std::deque<AuditEntry> entries_;
};

// What is published, and what is answered.
class Seen final : public StreamPublisher {
 public:
  void Publish(std::vector<StreamNews> news) override {
    {
      const std::lock_guard lock(mutex_);
      for (StreamNews& one : news) news_.push_back(std::move(one));
    }
    changed_.notify_all();
  }
  AnswerFunction Answer() {
    return [this](v1::ServerMessage message) {
      {
        const std::lock_guard lock(mutex_);
        answers_.push_back(std::move(message));
      }
      changed_.notify_all();
    };
  }
  std::vector<v1::ServerMessage> WaitForAnswers(std::size_t count) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, kPatience, [&] { return answers_.size() >= count; }));
    return answers_;
  }
  // Waits for news of the stream that fulfil `is_it`.
  void WaitForNews(const std::function<bool(const StreamNews&)>& is_it) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, kPatience,
                              [&] { return std::any_of(news_.begin(), news_.end(), is_it); }));
    news_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<StreamNews> news_;
  std::vector<v1::ServerMessage> answers_;
};

struct DeskFixture {
  DeskFixture() {
    trader.id = "session";
    trader.user_id = 7;
    trader.user_name = "ann";
    trader.role = Role::kTrader;
    auto opened = ExchangeLink::Open(exchange.address());
    REQUIRE(opened.ok());
    link = *opened;
    Restart();
  }

  // As after a restart of the gateway: only the audit log is left.
  void Restart() {
    desk.reset();
    desk = std::make_unique<TradingDesk>(
        TradingParts{*link,
                     [](const Session&) -> absl::StatusOr<ExchangeCredentials> {
                       auto key = kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519);
                       if (!key.ok()) return key.status();
                       return ExchangeCredentials{"key", *std::move(key)};
                     },
                     audit, seen, probe, clock, resolve_timeout,
                     [this](const Session& session) {
                       forgotten_user_id = session.user_id;
                       exchange.knows_key = true;
                     }},
        nullptr);
  }

  v1::CommandResult Do(const v1::ClientMessage& request) { return DoAs(trader, request); }
  v1::CommandResult DoAs(const Session& session, const v1::ClientMessage& request) {
    Begin(session, request);
    return seen.WaitForAnswers(begun_count).back().command_result();
  }
  void Begin(const Session& session, const v1::ClientMessage& request) {
    ++begun_count;
    desk->Handle(session, request, seen.Answer());
  }

  FakeExchange exchange;
  MemoryAudit audit;
  Seen seen;
  telemetry::Registry metrics;
  TradingProbe probe{metrics};
  SystemClock clock;
  std::shared_ptr<ExchangeLink> link;
  Session trader;
  std::size_t begun_count = 0;
  std::atomic<std::int64_t> forgotten_user_id = 0;  // By several threads.
  absl::Duration resolve_timeout = absl::Seconds(20);
  std::unique_ptr<TradingDesk> desk;
};

inline v1::ClientMessage ACreate(const std::string& command_id,
                                 std::int64_t price_micros = 400'000) {
  v1::ClientMessage request;
  v1::CreateOrder& create = *request.mutable_create_order();
  create.set_command_id(command_id);
  create.set_market_ticker("M");
  create.set_side(common::v1::BOOK_SIDE_BID);
  create.set_price_micros(price_micros);
  create.set_quantity_centis(500);
  return request;
}

inline v1::ClientMessage ACancel(const std::string& command_id,
                                 const std::vector<std::string>& ids) {
  v1::ClientMessage request;
  request.mutable_cancel_orders()->set_command_id(command_id);
  for (const std::string& id : ids) request.mutable_cancel_orders()->add_order_ids(id);
  return request;
}

inline v1::ClientMessage AStop(const std::string& command_id) {
  v1::ClientMessage request;
  request.mutable_emergency_stop()->set_command_id(command_id);
  return request;
}

}  // namespace evx::gateway::testing
