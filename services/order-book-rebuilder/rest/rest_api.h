#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "evx/core/clock.h"
#include "evx/net/http_message.h"
#include "store/rebuilt_books.h"

namespace evx::order_book_rebuilder {

// The HTTP API over the books, without a transport.
//
//   GET /api/v1/orderbook/{ticker}?depth=N&at=T
//   GET /api/v1/orderbook/{ticker}/top?at=T
//   GET /api/v1/orderbook/bulk?tickers=A,B&depth=N&at=T    at most kBulkCountMax
//   GET /api/v1/orderbook/all?cursor=C&limit=N&depth=N&at=T  a page of them
//   GET /api/v1/markets?prefix=P&cursor=T&limit=N
//   GET /api/v1/stats
//   GET /trade-api/v2/markets/{ticker}/orderbook?depth=N    as the venue answers it
//
// `at`: the book as it was shown at that instant, RFC 3339 or nanoseconds since 1970; nothing of
// the future.
//
// 400: a parameter; 404: no such path, or no message of this market was ever seen, or
// `no_book_then`: none is kept of that instant; 503 `market_in_transit`: the market's partition is
// another member's or is being read, ask again or ask another one; 503 `no_book`: no snapshot of
// the market has come yet. A book in doubt is answered as it was when it was last certain, with
// `doubt`; in the venue's form, which cannot say so, with 503 `market_in_doubt`. Thread-safe.
class RestApi {
 public:
  static constexpr std::size_t kBulkCountMax = 100;
  static constexpr int kPageSizeMax = 1'000;
  static constexpr int kPageSizeDefault = 100;

  // `lag`: messages that are not read yet. `clock` outlives this.
  RestApi(const RebuiltBooks& books, const Clock& clock, std::function<std::int64_t()> lag)
      : books_(books), clock_(clock), lag_(std::move(lag)) {}

  net::HttpResponse Handle(const net::HttpRequest& request) const;

 private:
  net::HttpResponse GetBook(std::string_view ticker, std::string_view query) const;
  net::HttpResponse GetTop(std::string_view ticker, std::string_view query) const;
  net::HttpResponse GetBulk(std::string_view query) const;
  net::HttpResponse GetAll(std::string_view query) const;
  net::HttpResponse GetMarkets(std::string_view query) const;
  net::HttpResponse GetStats() const;
  net::HttpResponse GetVenueBook(std::string_view ticker, std::string_view query) const;

  const RebuiltBooks& books_;
  const Clock& clock_;
  const std::function<std::int64_t()> lag_;
};

}  // namespace evx::order_book_rebuilder
