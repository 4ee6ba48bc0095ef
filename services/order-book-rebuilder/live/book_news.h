#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "live/book_feed.h"
#include "store/rebuilt_books.h"

namespace evx::rebuild::v1 {
class StreamBooksResponse;
}

namespace evx::order_book_rebuilder {

// How much of the news somebody wants.
enum class NewsDetail : std::uint8_t { kBook, kTop };

// What is new of one market, a change or its whole state, with the texts that readers get of it:
// each is made when it is first asked for, once for all readers. Not thread-safe.
class BookNews {
 public:
  using Message = rebuild::v1::StreamBooksResponse;

  // `change` outlives this.
  explicit BookNews(const BookChange& change) : change_(&change) {}
  explicit BookNews(MarketState state) : state_(std::move(state)) {}
  ~BookNews();
  BookNews(const BookNews&) = delete;
  BookNews& operator=(const BookNews&) = delete;

  // Null when it is a state.
  const BookChange* change() const { return change_; }
  const MarketState& state() const { return state_; }
  const std::string& ticker() const { return change_ ? change_->ticker : state_.view.ticker; }

  // One message of our own WebSocket, and of gRPC.
  const std::string& Json(NewsDetail detail);
  const std::shared_ptr<const Message>& ToMessage(NewsDetail detail);
  const std::string& Binary(NewsDetail detail);
  // What follows `"msg":` in the venue's frame, its last brace included. A book is needed.
  const std::string& VenueBody(bool use_yes_price);

 private:
  // The book of which the best levels are told.
  BookView TopView() const;
  std::string MakeJson(NewsDetail detail) const;
  std::string MakeVenueBody(bool use_yes_price) const;

  const BookChange* const change_ = nullptr;
  const MarketState state_;
  std::array<std::string, 2> json_;
  std::array<std::shared_ptr<const Message>, 2> messages_;
  std::array<std::string, 2> binary_;
  std::array<std::string, 2> venue_bodies_;
};

}  // namespace evx::order_book_rebuilder
