#include "rest/rest_api.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "evx/journal/testing/simulated_file_system.h"
#include "evx/kafka/message.h"
#include "tests/update_builder.h"

namespace evx::order_book_rebuilder {
namespace {

using nlohmann::json;

constexpr std::int32_t kPartitionCount = 2;
constexpr Price k40 = Price::FromCents(40);
constexpr Price k41 = Price::FromCents(41);

// Two partitions with a few markets, as a member of a group sees them that has read both up.
class Books {
 public:
  Books() {
    books.SetPartitionCount(kPartitionCount);
    books.Touch();
    for (std::int32_t number = 0; number < kPartitionCount; ++number) {
      partitions.push_back(
          Partition::Open(files, {.directory = "p" + std::to_string(number)}, [](const auto&) {}));
      partitions.back()->SetReadUp();
      books.Add(number, partitions.back());
    }
  }

  void Apply(const std::string& ticker, BookUpdate update) {
    if (update.is_snapshot()) update.book_hash = HashLevels(ticker, update.bids, update.asks);
    Partition& partition = *PartitionOf(ticker);
    REQUIRE(partition.Apply(partition.next_offset(), ticker, update).ok());
  }
  std::shared_ptr<Partition>& PartitionOf(const std::string& ticker) {
    return partitions[static_cast<std::size_t>(kafka::PartitionOf(ticker, kPartitionCount))];
  }

  net::HttpResponse Get(const std::string& target) {
    return RestApi(books, clock, [] { return 17; }).Handle({net::HttpMethod::kGet, target});
  }
  json GetJson(const std::string& target) {
    const net::HttpResponse response = Get(target);
    INFO(target << ": " << response.body);
    REQUIRE(response.status == 200);
    return json::parse(response.body);
  }
  std::string ErrorOf(const std::string& target, int status) {
    const net::HttpResponse response = Get(target);
    INFO(target << ": " << response.body);
    CHECK(response.status == status);
    const json body = json::parse(response.body);
    return body.contains("error") ? body["error"]["code"] : body["msg"];
  }

  ManualClock clock{TimeOf(1'000)};
  journal::testing::SimulatedFileSystem files;
  RebuiltBooks books{absl::Minutes(10)};
  std::vector<std::shared_ptr<Partition>> partitions;
};

TEST_CASE("RestApi: a book with its hash, numbers and last changes", "[rebuilder]") {
  Books books;
  books.Apply("KX-A", VenueSnapshot(1, {{k40, Quantity::FromContracts(10)}},
                                    {{k41, Quantity::FromCentis(250)}}));
  books.Apply("KX-A", Delta(2, BookSide::kBid, k40, -1, 9));
  books.Apply("KX-A", Delta(3, BookSide::kBid, Price::FromCents(39), 4, 4));
  const json book = books.GetJson("/api/v1/orderbook/KX-A");
  CHECK(book["ticker"] == "KX-A");
  CHECK(book["sequence"] == 3);
  CHECK(book["last_sequence"] == 3);
  CHECK(book["doubt"] == "none");
  CHECK(book["is_crossed"] == false);
  CHECK(book["time"] == FormatRfc3339(TimeOf(3)));
  CHECK(book["bids"] == json::array({{{"price", "0.4000"},
                                      {"quantity", "9.00"},
                                      {"change", "decreased"},
                                      {"change_time", FormatRfc3339(EventTimeOf(2))}},
                                     {{"price", "0.3900"},
                                      {"quantity", "4.00"},
                                      {"change", "added"},
                                      {"change_time", FormatRfc3339(EventTimeOf(3))}}}));
  CHECK(book["asks"][0]["quantity"] == "2.50");
  const json shallow = books.GetJson("/api/v1/orderbook/KX-A?depth=1");
  CHECK(shallow["bids"].size() == 1);
  CHECK(shallow["book_hash"] == book["book_hash"]);
  const json top = books.GetJson("/api/v1/orderbook/KX-A/top");
  CHECK(top["bid"]["price"] == "0.4000");
  CHECK(top["ask"]["price"] == "0.4100");
  CHECK(books.Get("/trade-api/v2/markets/KX-A/orderbook").body ==
        R"({"orderbook_fp":{"yes_dollars":[["0.3900","4.00"],["0.4000","9.00"]],)"
        R"("no_dollars":[["0.5900","2.50"]]}})");
  CHECK(books.GetJson(
            "/trade-api/v2/markets/KX-A/orderbook?depth=1")["orderbook_fp"]["yes_dollars"] ==
        json::array({{"0.4000", "9.00"}}));
}

TEST_CASE("RestApi: a market in transit is refused, whatever is known of it", "[rebuilder]") {
  Books books;
  books.Apply("KX-A", VenueSnapshot(1, {}, {}));
  const std::int32_t number = kafka::PartitionOf("KX-A", kPartitionCount);
  CHECK(books.Get("/api/v1/orderbook/KX-A").status == 200);
  SECTION("given away") { books.books.Remove(number); }
  SECTION("being read") {
    books.books.Remove(number);
    books.books.Add(number,
                    Partition::Open(books.files, {.directory = "other"}, [](const auto&) {}));
  }
  CHECK(books.ErrorOf("/api/v1/orderbook/KX-A", 503) == "market_in_transit");
  CHECK(books.ErrorOf("/api/v1/orderbook/KX-A/top", 503) == "market_in_transit");
  CHECK(books.ErrorOf("/trade-api/v2/markets/KX-A/orderbook", 503) == "market_in_transit");
  CHECK(books.GetJson("/api/v1/orderbook/bulk?tickers=KX-A")["missing"] ==
        json::array({{{"ticker", "KX-A"}, {"code", "market_in_transit"}}}));
  CHECK(books.GetJson("/api/v1/orderbook/all")["orderbooks"].empty());
  CHECK(books.GetJson("/api/v1/markets")["markets"].empty());
}

TEST_CASE("RestApi: a member out of touch with Kafka shows nothing", "[rebuilder]") {
  Books books;
  RebuiltBooks silent(absl::ZeroDuration());
  silent.SetPartitionCount(kPartitionCount);
  silent.Add(0, books.partitions[0]);
  silent.Add(1, books.partitions[1]);
  silent.Touch();
  books.Apply("KX-A", VenueSnapshot(1, {}, {}));
  const RestApi api(silent, books.clock, [] { return 0; });
  CHECK(api.Handle({net::HttpMethod::kGet, "/api/v1/orderbook/KX-A"}).status == 503);
}

TEST_CASE("RestApi: a book in doubt is the last certain one, and the venue's form refuses it",
          "[rebuilder]") {
  Books books;
  books.Apply("KX-A", VenueSnapshot(1, {{k40, Quantity::FromContracts(10)}}, {}));
  books.Apply("KX-A", Gap(2));
  books.Apply("KX-A", Delta(3, BookSide::kBid, k40, 1, 11));
  const json book = books.GetJson("/api/v1/orderbook/KX-A");
  CHECK(book["doubt"] == "gap");
  CHECK(book["sequence"] == 1);
  CHECK(book["last_sequence"] == 3);
  CHECK(book["bids"][0]["quantity"] == "10.00");
  CHECK(books.ErrorOf("/trade-api/v2/markets/KX-A/orderbook", 503) == "market_in_doubt");
  books.Apply("KX-B", Delta(5, BookSide::kBid, k40, 1, 11));
  CHECK(books.ErrorOf("/api/v1/orderbook/KX-B", 503) == "no_book");
}

TEST_CASE("RestApi: a book of the past", "[rebuilder]") {
  Books books;
  books.Apply("KX-A", VenueSnapshot(1, {{k40, Quantity::FromContracts(10)}}, {}));
  books.Apply("KX-A", Delta(2, BookSide::kBid, k40, 1, 11));
  books.Apply("KX-A", Gap(3));
  const auto at = [&](std::int64_t sequence, std::int64_t nanos) {
    return "at=" + std::to_string(TimeOf(sequence).nanos() + nanos);
  };
  const json first = books.GetJson("/api/v1/orderbook/KX-A?" + at(2, -1));
  CHECK(first["sequence"] == 1);
  CHECK(first["time"] == FormatRfc3339(TimeOf(1)));
  CHECK(first["bids"][0]["quantity"] == "10.00");
  CHECK(books.GetJson("/api/v1/orderbook/KX-A?at=" + FormatRfc3339(TimeOf(2)))["sequence"] == 2);
  CHECK(books.GetJson("/api/v1/orderbook/KX-A/top?" + at(3, 0))["doubt"] == "gap");
  CHECK(books.GetJson("/api/v1/orderbook/bulk?tickers=KX-A&" +
                      at(1, 0))["orderbooks"][0]["sequence"] == 1);
  books.Apply("KX-B", VenueSnapshot(3, {}, {}));
  const json all = books.GetJson("/api/v1/orderbook/all?" + at(2, 0));
  REQUIRE(all["orderbooks"].size() == 1);
  CHECK(all["orderbooks"][0]["ticker"] == "KX-A");
  CHECK(all["orderbooks"][0]["sequence"] == 2);
  CHECK(all["missing"] == json::array({{{"ticker", "KX-B"}, {"code", "no_book_then"}}}));
  CHECK(books.GetJson("/api/v1/orderbook/all?" + at(3, 0))["orderbooks"].size() == 2);
  CHECK(books.Get("/api/v1/orderbook/all?at=yesterday").status == 400);
  CHECK(books.ErrorOf("/api/v1/orderbook/KX-A?" + at(1, -1), 404) == "no_book_then");
  CHECK(books.Get("/api/v1/orderbook/KX-A?at=yesterday").status == 400);
  CHECK(books.Get("/api/v1/orderbook/KX-A?" + at(1'001, 0)).status == 400);
}

TEST_CASE("RestApi: lists come in pages over all partitions, in order", "[rebuilder]") {
  Books books;
  for (int i = 0; i < 25; ++i) {
    books.Apply("KX-" + std::to_string(100 + i), VenueSnapshot(1, {}, {}));
  }
  books.Apply("OTHER", VenueSnapshot(1, {}, {}));
  std::vector<std::string> tickers;
  std::string cursor;
  do {
    const json page = books.GetJson("/api/v1/markets?prefix=KX&limit=10&cursor=" + cursor);
    for (const json& ticker : page["markets"]) tickers.push_back(ticker);
    cursor = page["cursor"];
  } while (!cursor.empty());
  CHECK(tickers.size() == 25);
  CHECK(std::is_sorted(tickers.begin(), tickers.end()));
  const json all = books.GetJson("/api/v1/orderbook/all?limit=1000");
  CHECK(all["orderbooks"].size() == 26);
  CHECK(all["orderbooks"][25]["ticker"] == "OTHER");
  CHECK(all["cursor"] == "");
  CHECK(books.GetJson("/api/v1/orderbook/bulk?tickers=KX-101,NONE,OTHER")["missing"][0]["code"] ==
        "market_not_found");
}

TEST_CASE("RestApi: statistics are summed and tell the share of deltas", "[rebuilder]") {
  Books books;
  books.Apply("KX-A", VenueSnapshot(1, {{k40, Quantity::FromContracts(10)}}, {}));
  for (int i = 0; i < 3; ++i) books.Apply("KX-A", Delta(2 + i, BookSide::kBid, k40, 1, 11 + i));
  books.Apply("KX-A", Delta(2, BookSide::kBid, k40, 1, 11));
  const json stats = books.GetJson("/api/v1/stats");
  CHECK(stats["deltas"] == 3);
  CHECK(stats["duplicates"] == 1);
  CHECK(stats["delta_share"] == 0.75);
  CHECK(stats["lag_messages"] == 17);
  CHECK(stats["partitions"].size() == 2);
}

TEST_CASE("RestApi: what is asked wrongly is refused", "[rebuilder]") {
  Books books;
  for (const char* target :
       {"/api/v1/orderbook/KX-A?depth=-1", "/api/v1/orderbook/KX-A?depth=x",
        "/api/v1/orderbook/all?limit=1001", "/api/v1/orderbook/all?cursor=%22",
        "/api/v1/orderbook/bulk", "/api/v1/orderbook/bulk?tickers=A%22B",
        "/api/v1/markets?prefix=%5c", "/trade-api/v2/markets/KX-A/orderbook?depth=101"}) {
    INFO(target);
    CHECK(books.Get(target).status == 400);
  }
  for (const char* target :
       {"/", "/api/v1", "/api/v1/orderbook/", "/api/v1/orderbook/%22", "/api/v1/orderbook/A/B",
        "/api/v1/orderbook/NONE", "/trade-api/v2/markets//orderbook", "/trade-api/v2/markets"}) {
    INFO(target);
    CHECK(books.Get(target).status == 404);
  }
  CHECK(RestApi(books.books, books.clock, [] { return 0; })
            .Handle({net::HttpMethod::kPost, "/api/v1/stats"})
            .status == 405);
}

}  // namespace
}  // namespace evx::order_book_rebuilder
