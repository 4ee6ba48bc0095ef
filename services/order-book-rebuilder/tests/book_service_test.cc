#include "rpc/book_service.h"

#include <grpcpp/client_context.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "evx/core/check.h"
#include "evx/rebuild/v1/book_service.grpc.pb.h"
#include "evx/rpc/testing/served.h"
#include "tests/live_server.h"

// The service over a real channel.

namespace evx::order_book_rebuilder {
namespace {

namespace pb = rebuild::v1;
using grpc::StatusCode;

constexpr Price k40 = Price::FromCents(40);
constexpr Price k60 = Price::FromCents(60);

class Service : public LiveServer {
 public:
  Service() {
    Apply("A", VenueSnapshot(1, {{k40, Quantity::FromContracts(3)}},
                             {{k60, Quantity::FromContracts(5)}}));
  }

  pb::BookService::Stub& stub() { return served_.stub(); }
  grpc::Status Get(const std::string& ticker, pb::Book& book, std::int64_t at_seconds = 0,
                   int depth = 0) {
    pb::GetBookRequest request;
    request.set_market_ticker(ticker);
    request.set_depth(depth);
    if (at_seconds != 0) request.mutable_time()->set_seconds(at_seconds);
    grpc::ClientContext call;
    pb::GetBookResponse response;
    const grpc::Status status = stub().GetBook(&call, request, &response);
    book = response.book();
    return status;
  }

  ManualClock clock{TimeOf(1'000)};

 private:
  rpc::testing::Served<pb::BookService> served_{MakeBookService(books, clock, live)};
};

class Stream {
 public:
  Stream(Service& service, const pb::StreamBooksRequest& request)
      : reader_(service.stub().StreamBooks(&call_, request)) {}
  ~Stream() {
    call_.TryCancel();
    End();
  }

  const pb::StreamBooksResponse& Next() {
    EVX_CHECK(reader_->Read(&message_));
    return message_;
  }
  StatusCode End() {
    if (reader_ == nullptr) return StatusCode::OK;
    while (reader_->Read(&message_)) {
    }
    const grpc::Status status = reader_->Finish();
    reader_.reset();
    return status.error_code();
  }

 private:
  grpc::ClientContext call_;
  std::unique_ptr<grpc::ClientReader<pb::StreamBooksResponse>> reader_;
  pb::StreamBooksResponse message_;
};

pb::StreamBooksRequest Wants(const std::string& ticker) {
  pb::StreamBooksRequest request;
  request.add_market_tickers(ticker);
  return request;
}

StatusCode Refusal(Service& service, const pb::StreamBooksRequest& request) {
  grpc::ClientContext call;
  pb::StreamBooksResponse message;
  const auto reader = service.stub().StreamBooks(&call, request);
  while (reader->Read(&message)) {
  }
  return reader->Finish().error_code();
}

TEST_CASE("BookService: a book, now and then", "[live]") {
  Service service;
  service.Apply("A", Delta(2, BookSide::kBid, Price::FromCents(39), 1, 1));
  pb::Book book;
  REQUIRE(service.Get("A", book).ok());
  CHECK(book.sequence() == 2);
  CHECK(book.doubt() == pb::BOOK_DOUBT_NONE);
  REQUIRE(book.bids_size() == 2);
  CHECK(book.bids(0).price_micros() == 400'000);
  CHECK(book.bids(1).change() == pb::LEVEL_CHANGE_ADDED);
  CHECK(book.book_hash() == service.books.Read("A", 1)->book_hash);
  REQUIRE(service.Get("A", book, TimeOf(1).seconds(), 1).ok());
  CHECK(book.sequence() == 1);
  CHECK(book.bids_size() == 1);
}

TEST_CASE("BookService: a book that there is not says why", "[live]") {
  Service service;
  pb::Book book;
  CHECK(service.Get("NONE", book).error_code() == StatusCode::NOT_FOUND);
  CHECK(service.Get("A", book, 1).error_code() == StatusCode::NOT_FOUND);
  CHECK(service.Get("A", book, TimeOf(2'000).seconds()).error_code() ==
        StatusCode::INVALID_ARGUMENT);
  CHECK(service.Get("A", book, 0, -1).error_code() == StatusCode::INVALID_ARGUMENT);
  CHECK(service.Get("", book).error_code() == StatusCode::INVALID_ARGUMENT);
  service.Apply("NEW", Delta(1, BookSide::kBid, k40, 1, 1));
  CHECK(service.Get("NEW", book).error_code() == StatusCode::UNAVAILABLE);
  service.Close(Service::NumberOf("A"));
  CHECK(service.Get("A", book).error_code() == StatusCode::UNAVAILABLE);
}

TEST_CASE("BookService: several books at once, and all in pages", "[live]") {
  Service service;
  const std::string other = Service::Other();
  service.Apply(other, VenueSnapshot(1, {}, {}));
  {
    grpc::ClientContext call;
    pb::BatchGetBooksRequest request;
    for (const char* ticker : {"NONE", "A"}) request.add_market_tickers(ticker);
    pb::BatchGetBooksResponse response;
    REQUIRE(service.stub().BatchGetBooks(&call, request, &response).ok());
    REQUIRE(response.books_size() == 1);
    REQUIRE(response.missing_books_size() == 1);
    CHECK(response.missing_books(0).reason() == pb::MISSING_REASON_NOT_FOUND);
  }
  pb::ListBooksRequest request;
  request.set_page_size(1);
  std::string tickers;
  do {
    grpc::ClientContext call;
    pb::ListBooksResponse response;
    REQUIRE(service.stub().ListBooks(&call, request, &response).ok());
    for (const pb::Book& book : response.books()) tickers += book.market_ticker();
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  CHECK(tickers == "A" + other);
  grpc::ClientContext call;
  pb::BatchGetBooksResponse response;
  CHECK(service.stub().BatchGetBooks(&call, {}, &response).error_code() ==
        StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("BookService: a stream tells a book and its changes, transit and return", "[live]") {
  Service service;
  Stream stream(service, Wants("A"));
  CHECK(stream.Next().book().sequence() == 1);
  service.Apply("A", Delta(2, BookSide::kAsk, k60, -5, 0));
  const pb::BookChange change = stream.Next().change();
  CHECK(change.sequence() == 2);
  CHECK(change.delta_centis() == -500);
  CHECK(change.quantity_centis() == 0);
  CHECK(change.side() == common::v1::BOOK_SIDE_ASK);
  service.Close(Service::NumberOf("A"));
  CHECK(stream.Next().missing_book().reason() == pb::MISSING_REASON_IN_TRANSIT);
  service.Reopen(Service::NumberOf("A"));
  CHECK(stream.Next().book().sequence() == 2);
  service.Apply("A", Gap(3));
  CHECK(stream.Next().book().doubt() == pb::BOOK_DOUBT_GAP);
}

TEST_CASE("BookService: a stream of tops tells what changes at the top", "[live]") {
  Service service;
  pb::StreamBooksRequest request;
  request.set_detail(pb::STREAM_DETAIL_TOPS);
  Stream stream(service, request);
  CHECK(stream.Next().top().bid().quantity_centis() == 300);
  service.Apply("A", Delta(2, BookSide::kBid, Price::FromCents(39), 1, 1));
  service.Apply("A", Delta(3, BookSide::kAsk, k60, -5, 0));
  const pb::TopOfBook top = stream.Next().top();
  CHECK(top.sequence() == 3);
  CHECK_FALSE(top.has_ask());
}

TEST_CASE("BookService: what cannot be streamed is refused, and a stop ends what is", "[live]") {
  Service service;
  CHECK(Refusal(service, Wants("no ticker")) == StatusCode::INVALID_ARGUMENT);
  pb::StreamBooksRequest many;
  for (int i = 0; i <= 100; ++i) many.add_prefixes("P" + std::to_string(i));
  CHECK(Refusal(service, many) == StatusCode::INVALID_ARGUMENT);
  Stream stream(service, Wants("A"));
  CHECK(stream.Next().has_book());
  { Stream canceled(service, Wants("A")); }
  service.Stop();
  CHECK(stream.End() == StatusCode::UNAVAILABLE);
  CHECK(Refusal(service, Wants("A")) == StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace evx::order_book_rebuilder
