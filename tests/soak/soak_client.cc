// Many WebSocket clients in one process, each of which subscribes to the books of all markets and
// folds its own copy of each. On stdin it is told to compare them with the exchange's.
//
//   soak_client HTTP_PORT CREDENTIALS TICKERS_FILE CONNECTIONS
//
//   -> ready                                       every client has every book
//   <- compare, lines "TICKER HASH", end           hashes in hexadecimal
//   -> {"unequal": N, "examples": [...]}           books of clients that differ, 10 of them as text
//   <- end of stdin
//   -> {"messages": ..., "deltas": ..., "snapshots": ..., "sequence_errors": ...,
//       "book_errors": ..., "levels": ...}
//
// Before it compares, every client has the answer to a command of its own: what the exchange sent
// before that has been folded.

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "doors/trader.h"
#include "evx/core/check.h"
#include "evx/core/text_map.h"
#include "folded_book.h"
#include "websocket/feed_connections.h"

namespace evx::soak {
namespace {

using load::FeedConnections;
using load::MemberOf;

constexpr std::size_t kExamplesMax = 10;
constexpr absl::Duration kPollTime = absl::Milliseconds(100);

struct Comparison {
  std::vector<std::pair<std::size_t, std::uint64_t>> hashes;  // Market and hash.
};

// What stdin says, read on a thread of its own.
class Commands {
 public:
  explicit Commands(const TextMap<std::size_t>& markets)
      : markets_(markets), thread_([this] { Run(); }) {}
  ~Commands() { thread_.join(); }

  std::optional<Comparison> Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(next_, std::nullopt);
  }
  bool ended() {
    const std::lock_guard lock(mutex_);
    return ended_;
  }

 private:
  void Run() {
    std::string line;
    while (std::getline(std::cin, line)) {
      EVX_CHECK(line == "compare");
      Comparison comparison;
      while (std::getline(std::cin, line) && line != "end") {
        const std::size_t blank = line.find(' ');
        EVX_CHECK(blank != std::string::npos);
        std::uint64_t hash = 0;
        std::from_chars(line.data() + blank + 1, line.data() + line.size(), hash, 16);
        comparison.hashes.push_back({markets_.at(line.substr(0, blank)), hash});
      }
      const std::lock_guard lock(mutex_);
      next_ = std::move(comparison);
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }

  const TextMap<std::size_t>& markets_;
  std::mutex mutex_;
  std::optional<Comparison> next_;
  bool ended_ = false;
  std::thread thread_;
};

class Clients {
 public:
  Clients(std::uint16_t port, const load::Trader& trader, std::vector<std::string> tickers,
          std::size_t count)
      : tickers_(std::move(tickers)),
        feed_({.port = port,
               .count = count,
               .make_head = [&trader] { return load::SignedWebSocketHead(trader); }}),
        clients_(count) {
    for (std::size_t i = 0; i < tickers_.size(); ++i) markets_[tickers_[i]] = i;
    for (Client& client : clients_) client.books.resize(tickers_.size());
  }

  const TextMap<std::size_t>& markets() const { return markets_; }

  // Until every client has a first book of every market.
  void Subscribe() {
    feed_.SendToAll(absl::StrCat(
        R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],"market_tickers":[")",
        absl::StrJoin(tickers_, "\",\""), R"("]}})"));
    while (snapshot_count_ < clients_.size() * tickers_.size()) Poll();
  }

  void Poll() {
    feed_.Poll(kPollTime,
               [this](std::size_t index, std::string_view text) { OnText(index, text); });
  }

  void Compare(const Comparison& comparison) {
    answered_count_ = 0;
    feed_.SendToAll(R"({"id":2,"cmd":"list_subscriptions"})");
    while (answered_count_ < clients_.size()) Poll();
    std::size_t unequal_count = 0;
    std::vector<std::string> examples;
    for (const auto& [market, hash] : comparison.hashes) {
      for (std::size_t i = 0; i < clients_.size(); ++i) {
        const FoldedBook& book = clients_[i].books[market];
        if (book.Hash(tickers_[market]) == hash) continue;
        if (++unequal_count > kExamplesMax) continue;
        examples.push_back(
            absl::StrCat("\"client ", i, " ", tickers_[market], ": ", book.Describe(), "\""));
      }
    }
    std::printf("{\"unequal\": %zu, \"examples\": [%s]}\n", unequal_count,
                absl::StrJoin(examples, ", ").c_str());
    std::fflush(stdout);
  }

  void PrintFigures() const {
    std::size_t levels = 0;
    for (const FoldedBook& book : clients_.front().books) levels += book.level_count();
    std::printf(
        "{\"messages\": %zu, \"deltas\": %zu, \"snapshots\": %zu, \"sequence_errors\": %zu, "
        "\"book_errors\": %zu, \"levels\": %zu}\n",
        message_count_, delta_count_, snapshot_count_, sequence_error_count_, book_error_count_,
        levels);
  }

 private:
  struct Client {
    std::int64_t sequence = 0;
    std::vector<FoldedBook> books;  // By market.
  };

  void OnText(std::size_t index, std::string_view text) {
    Client& client = clients_[index];
    ++message_count_;
    const std::string_view kind = MemberOf(text, "\"type\":");
    if (const std::string_view number = MemberOf(text, "\"seq\":"); !number.empty()) {
      std::int64_t sequence = 0;
      std::from_chars(number.data(), number.data() + number.size(), sequence);
      if (sequence != client.sequence + 1) ++sequence_error_count_;
      client.sequence = sequence;
    }
    if (kind == "orderbook_delta") {
      ++delta_count_;
      if (!BookOf(client, text).ApplyDelta(text)) ++book_error_count_;
    } else if (kind == "orderbook_snapshot") {
      ++snapshot_count_;
      if (!BookOf(client, text).ApplySnapshot(text)) ++book_error_count_;
    } else if (kind == "ok") {
      ++answered_count_;
    } else if (kind != "subscribed") {
      std::fprintf(stderr, "soak_client: client %zu got %.*s\n", index,
                   static_cast<int>(text.size()), text.data());
      std::exit(1);
    }
  }

  FoldedBook& BookOf(Client& client, std::string_view text) {
    const auto found = markets_.find(MemberOf(text, "\"market_ticker\":"));
    EVX_CHECK(found != markets_.end());
    return client.books[found->second];
  }

  const std::vector<std::string> tickers_;
  TextMap<std::size_t> markets_;
  FeedConnections feed_;
  std::vector<Client> clients_;
  std::size_t message_count_ = 0;
  std::size_t delta_count_ = 0;
  std::size_t snapshot_count_ = 0;
  std::size_t answered_count_ = 0;
  std::size_t sequence_error_count_ = 0;
  std::size_t book_error_count_ = 0;
};

int Main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: soak_client HTTP_PORT CREDENTIALS TICKERS_FILE CONNECTIONS\n");
    return 2;
  }
  std::vector<std::string> tickers;
  std::ifstream file(argv[3]);
  for (std::string line; std::getline(file, line);) tickers.push_back(line);
  Clients clients(static_cast<std::uint16_t>(std::atoi(argv[1])), load::ReadTrader(argv[2]),
                  std::move(tickers), static_cast<std::size_t>(std::atoi(argv[4])));
  clients.Subscribe();
  std::printf("ready\n");
  std::fflush(stdout);
  Commands commands(clients.markets());
  while (!commands.ended()) {
    clients.Poll();
    if (const auto comparison = commands.Take()) clients.Compare(*comparison);
  }
  clients.PrintFigures();
  return 0;
}

}  // namespace
}  // namespace evx::soak

int main(int argc, char** argv) { return evx::soak::Main(argc, argv); }
