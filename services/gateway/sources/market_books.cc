#include "sources/market_books.h"

#include <algorithm>
#include <utility>

namespace evx::gateway {

void MarketBooks::Apply(const std::vector<marketdata::v1::BookMessage>& messages) {
  if (messages.empty()) return;
  const std::lock_guard lock(mutex_);
  std::vector<StreamNews> news;
  for (const auto& message : messages) feed_.Apply(message, news);
  publisher_.Publish(std::move(news));
}

void MarketBooks::Merge(const rebuild::v1::Book& book) {
  const std::lock_guard lock(mutex_);
  std::vector<StreamNews> news;
  feed_.Merge(book, news);
  publisher_.Publish(std::move(news));
}

void MarketBooks::SetFed(bool is_fed) {
  const std::lock_guard lock(mutex_);
  std::vector<StreamNews> news;
  feed_.SetFed(is_fed, news);
  publisher_.Publish(std::move(news));
}

std::vector<std::string> MarketBooks::TakeQuestion(const std::vector<std::string>& tickers,
                                                   std::int64_t now) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> question;
  for (const std::string& ticker : tickers) {
    if (feed_.IsLive(ticker)) {
      asked_.erase(ticker);
      continue;
    }
    Asked& asked = asked_[ticker];
    if (asked.again_at > now) continue;
    asked.again_at = now + asked.pause;
    asked.pause = std::min(asked.pause * 2, kAgainNanosMax);
    question.push_back(ticker);
    if (question.size() >= kQuestionMax) break;
  }
  return question;
}

std::size_t MarketBooks::gap_count() const {
  const std::lock_guard lock(mutex_);
  return feed_.gap_count();
}

}  // namespace evx::gateway
