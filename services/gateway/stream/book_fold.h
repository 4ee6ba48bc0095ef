#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evx/book/book.h"
#include "stream/stream_fold.h"

namespace evx::gateway {

// The book of one market. News are the levels that changed, as they are now; where more levels
// changed than the book has, the whole book.
class BookFold final : public StreamFold {
 public:
  explicit BookFold(std::string_view ticker) : ticker_(ticker) {}

  // A book of which nothing is known yet is a state too: WAITING.
  bool has_state() const override { return true; }
  void Set(const v1::InitialState& state) override;
  void Apply(const v1::ServerMessage& change) override;
  bool has_news() const override { return is_new_; }
  void TakeNews(v1::ServerMessage& message) override;
  void DropNews() override;
  void State(v1::InitialState& state) const override;

 private:
  using Place = std::pair<BookSide, Price>;

  void SetLevel(const v1::BookLevel& level);
  // Levels that are no levels are left out: what comes here was checked by its source.
  void Replace(const std::vector<book::Level>& bids, const std::vector<book::Level>& asks);

  const std::string ticker_;
  book::Book book_;
  v1::BookHealth health_;
  std::string replay_id_;
  bool is_new_ = false;
  std::set<Place> changed_;
};

}  // namespace evx::gateway
