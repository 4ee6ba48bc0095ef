#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <utility>

#include "grpc_fixture.h"

namespace evx::mock_kalshi::testing {
namespace {

constexpr char kService[] = "evx.exchange.v1.BookService";

// Quantity by price of one side, as a client keeps it.
using Side = std::map<std::int64_t, std::int64_t>;
struct Book {
  Side bids;
  Side asks;
  friend bool operator==(const Book&, const Book&) = default;
};

Side ToSide(const google::protobuf::RepeatedPtrField<common_pb::PriceLevel>& levels) {
  Side side;
  for (const auto& level : levels) side[level.price_micros()] = level.quantity_centis();
  return side;
}

// Follows books by their updates.
class BookClient {
 public:
  BookClient(Venue& venue, const std::vector<std::string>& tickers) {
    pb::StreamBooksRequest request;
    for (const std::string& ticker : tickers) request.add_market_tickers(ticker);
    rpc::SetDeadline(call_, absl::Seconds(60));
    stream_ = venue.books->StreamBooks(&call_, request);
  }
  ~BookClient() {
    if (stream_ == nullptr) return;
    call_.TryCancel();
    static_cast<void>(stream_->Finish());
  }

  // False when the stream has ended.
  bool Read() {
    pb::StreamBooksResponse response;
    if (!stream_->Read(&response)) return false;
    for (const pb::BookUpdate& update : response.updates()) Apply(update);
    sequence_number = response.sequence_number();
    return true;
  }
  void ReadThrough(std::int64_t last) {
    while (sequence_number < last) REQUIRE(Read());
  }
  grpc::Status Finish() { return std::exchange(stream_, nullptr)->Finish(); }

  std::map<std::string, Book> books;
  std::int64_t sequence_number = 0;
  int snapshot_count = 0;

 private:
  void Apply(const pb::BookUpdate& update) {
    Book& book = books[update.market_ticker()];
    if (update.has_snapshot()) {
      book = {ToSide(update.snapshot().bids()), ToSide(update.snapshot().asks())};
      ++snapshot_count;
      return;
    }
    const pb::BookChange& change = update.change();
    Side& side = change.side() == common_pb::BOOK_SIDE_BID ? book.bids : book.asks;
    std::int64_t& quantity = side[change.price_micros()];
    quantity += change.delta_centis();
    CHECK(quantity == change.quantity_centis());
    if (quantity == 0) side.erase(change.price_micros());
  }

  grpc::ClientContext call_;
  std::unique_ptr<grpc::ClientReader<pb::StreamBooksResponse>> stream_;
};

std::int64_t Place(Venue& venue, const Member& member, common_pb::BookSide side, std::int64_t price,
                   std::int64_t contracts, const std::string& id, std::string* order_id = nullptr) {
  pb::CreateOrderResponse response;
  const grpc::Status status = venue.Create(member, AnOrder(side, price, contracts, id), response);
  INFO(status.error_message());
  REQUIRE(status.ok());
  if (order_id != nullptr) *order_id = response.order_id();
  return response.sequence_number();
}

TEST_CASE("BookService: a snapshot and the changes behind it give the book of the exchange",
          "[grpc]") {
  Venue venue;
  Place(venue, venue.alice(), common_pb::BOOK_SIDE_BID, 40, 10, "a-1");
  BookClient client(venue, {"TEST-1-A"});
  REQUIRE(client.Read());
  CHECK(client.books["TEST-1-A"] == Book{{{400'000, 1'000}}, {}});
  Place(venue, venue.alice(), common_pb::BOOK_SIDE_BID, 41, 5, "a-2");
  Place(venue, venue.bob(), common_pb::BOOK_SIDE_ASK, 45, 7, "b-1");
  const std::int64_t last = Place(venue, venue.bob(), common_pb::BOOK_SIDE_ASK, 40, 8, "b-2");
  client.ReadThrough(last);
  CHECK(client.books["TEST-1-A"] == Book{{{400'000, 700}}, {{450'000, 700}}});
  CHECK(client.snapshot_count == 1);
}

TEST_CASE("BookService: over TLS books stream the same, and plain clients are not heard",
          "[grpc]") {
  const net::testing::TestCertificate certificate;
  Venue venue(certificate);
  Place(venue, venue.alice(), common_pb::BOOK_SIDE_BID, 40, 10, "a-1");
  BookClient client(venue, {"TEST-1-A"});
  REQUIRE(client.Read());
  const std::int64_t last = Place(venue, venue.bob(), common_pb::BOOK_SIDE_ASK, 40, 4, "b-1");
  client.ReadThrough(last);
  CHECK(client.books["TEST-1-A"] == Book{{{400'000, 600}}, {}});
  rpc::ChannelOptions plain;
  plain.address = "127.0.0.1:" + std::to_string(venue.port());
  const auto channel = rpc::MakeChannel(plain);
  REQUIRE(channel.ok());
  grpc::ClientContext call;
  rpc::SetDeadline(call, absl::Seconds(20));
  pb::StreamBooksRequest request;
  request.add_market_tickers("TEST-1-A");
  const auto stream = pb::BookService::NewStub(*channel)->StreamBooks(&call, request);
  pb::StreamBooksResponse response;
  CHECK_FALSE(stream->Read(&response));
  CHECK(stream->Finish().error_code() == grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("BookService: the close of a market is one empty snapshot", "[grpc]") {
  Venue venue;
  Place(venue, venue.alice(), common_pb::BOOK_SIDE_BID, 40, 10, "a-1");
  BookClient client(venue, {"TEST-1-A"});
  REQUIRE(client.Read());
  ops_pb::CloseMarketRequest close;
  close.set_market_ticker("TEST-1-A");
  ops_pb::CloseMarketResponse closed;
  REQUIRE(venue.Operate(&ops_pb::OperatorService::Stub::CloseMarket, close, &closed).ok());
  client.ReadThrough(closed.sequence_number());
  CHECK(client.books["TEST-1-A"] == Book{});
  CHECK(client.snapshot_count == 2);
}

TEST_CASE("BookService: a thousand markets and no more, each of them known", "[grpc]") {
  Venue venue;
  const auto code_of = [&venue](const std::vector<std::string>& tickers) {
    BookClient client(venue, tickers);
    while (client.Read()) {
    }
    return client.Finish().error_code();
  };
  CHECK(code_of({}) == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(code_of({"NOT-THERE"}) == grpc::StatusCode::NOT_FOUND);
  CHECK(code_of(std::vector<std::string>(1'001, "TEST-1-A")) == grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("BookService: a reader that was too slow gets the book as a whole again", "[grpc]") {
  Venue venue({.record_count_max = 16});
  BookClient client(venue, {"TEST-1-A"});
  REQUIRE(client.Read());
  // More than the transport holds and the exchange remembers, while nobody reads.
  std::int64_t last = 0;
  for (int round = 0; round < 100; ++round) {
    std::vector<Sequencer::Submission> orders;
    for (int i = 0; i < 500; ++i) {
      venue::CreateOrder order;
      order.account = venue.alice().account;
      order.market = MarketId(1);
      order.price_micros = 10'000 * (1 + i % 20);
      order.quantity = Quantity::FromCentis(1);
      orders.push_back({order, [](const Outcome&) {}});
    }
    REQUIRE(venue.host().sequencer().SubmitAll(std::move(orders), {}).ok());
    last = static_cast<std::int64_t>(
        venue.host().sequencer().Execute(venue::AdvanceTime{}).sequence_number.value());
  }
  Place(venue, venue.alice(), common_pb::BOOK_SIDE_BID, 30, 1, "last");
  client.ReadThrough(last + 1);
  CHECK(client.snapshot_count > 1);
  const Side& bids = client.books["TEST-1-A"].bids;
  CHECK(bids.size() == 21);
  CHECK(bids.at(10'000) == 2'500);
}

TEST_CASE("BookService: trades are streamed from a sequence number on", "[grpc]") {
  Venue venue;
  const std::int64_t first = Place(venue, venue.alice(), common_pb::BOOK_SIDE_BID, 40, 10, "a-1");
  Place(venue, venue.bob(), common_pb::BOOK_SIDE_ASK, 40, 4, "b-1");
  pb::StreamTradesRequest request;
  request.add_market_tickers("TEST-1-A");
  request.set_start_sequence_number(first);
  grpc::ClientContext call;
  rpc::SetDeadline(call, absl::Seconds(60));
  const auto stream = venue.books->StreamTrades(&call, request);
  pb::StreamTradesResponse response;
  REQUIRE(stream->Read(&response));
  CHECK(response.trades_size() == 0);
  CHECK(response.through_sequence_number() == first - 1);
  REQUIRE(stream->Read(&response));
  REQUIRE(response.trades_size() == 1);
  CHECK(response.trades(0).market_ticker() == "TEST-1-A");
  CHECK(response.trades(0).price_micros() == 400'000);
  CHECK(response.trades(0).quantity_centis() == 400);
  CHECK(response.trades(0).taker_side() == common_pb::BOOK_SIDE_ASK);
  Place(venue, venue.bob(), common_pb::BOOK_SIDE_ASK, 40, 6, "b-2");
  REQUIRE(stream->Read(&response));
  REQUIRE(response.trades_size() == 1);
  CHECK(response.trades(0).quantity_centis() == 600);
  call.TryCancel();
  static_cast<void>(stream->Finish());
}

TEST_CASE("BookService: queue positions follow the orders before, and need a key", "[grpc]") {
  Venue venue;
  std::string before;
  std::string own;
  Place(venue, venue.alice(), common_pb::BOOK_SIDE_BID, 40, 10, "a-1", &before);
  Place(venue, venue.bob(), common_pb::BOOK_SIDE_BID, 40, 5, "b-1", &own);
  grpc::ClientContext call;
  venue.Sign(call, venue.bob(), "StreamQueuePositions", kService);
  const auto stream = venue.books->StreamQueuePositions(&call, {});
  pb::StreamQueuePositionsResponse response;
  REQUIRE(stream->Read(&response));
  REQUIRE(response.queue_positions_size() == 1);
  CHECK(response.queue_positions(0).order_id() == own);
  CHECK(response.queue_positions(0).market_ticker() == "TEST-1-A");
  CHECK(response.queue_positions(0).quantity_ahead_centis() == 1'000);

  grpc::ClientContext cancel_call;
  venue.Sign(cancel_call, venue.alice(), "CancelOrder");
  pb::CancelOrderRequest cancel;
  cancel.set_order_id(before);
  pb::CancelOrderResponse canceled;
  REQUIRE(venue.exchange->CancelOrder(&cancel_call, cancel, &canceled).ok());
  REQUIRE(stream->Read(&response));
  REQUIRE(response.queue_positions_size() == 1);
  CHECK(response.queue_positions(0).quantity_ahead_centis() == 0);
  CHECK(response.sequence_number() >= canceled.sequence_number());

  Place(venue, venue.alice(), common_pb::BOOK_SIDE_ASK, 40, 5, "a-2");
  REQUIRE(stream->Read(&response));
  REQUIRE(response.gone_order_ids_size() == 1);
  CHECK(response.gone_order_ids(0) == own);
  call.TryCancel();
  static_cast<void>(stream->Finish());

  grpc::ClientContext unsigned_call;
  rpc::SetDeadline(unsigned_call, absl::Seconds(20));
  const auto refused = venue.books->StreamQueuePositions(&unsigned_call, {});
  CHECK_FALSE(refused->Read(&response));
  CHECK(refused->Finish().error_code() == grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace evx::mock_kalshi::testing
