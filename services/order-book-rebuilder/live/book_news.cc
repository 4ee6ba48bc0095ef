#include "live/book_news.h"

#include "absl/strings/str_format.h"
#include "evx/kalshi/messages.h"
#include "evx/kalshi/number.h"
#include "live/book_messages.h"
#include "rest/json_text.h"
#include "venue/venue_messages.h"

namespace evx::order_book_rebuilder {
namespace {

std::size_t Index(NewsDetail detail) { return static_cast<std::size_t>(detail); }

std::string ChangeJson(const BookChange& change) {
  std::string out = R"({"type":"delta","ticker":)";
  AppendText(out, change.ticker);
  absl::StrAppendFormat(&out, R"(,"sequence":%d,"time":)", change.sequence);
  AppendText(out, FormatRfc3339(change.time));
  out += R"(,"event_time":)";
  AppendText(out, FormatRfc3339(change.event_time));
  out +=
      change.side == BookSide::kBid ? R"(,"side":"bid","price":")" : R"(,"side":"ask","price":")";
  kalshi::AppendPrice(out, change.price);
  out += R"(","change":")";
  kalshi::AppendCount(out, change.change);
  out += R"(","quantity":")";
  kalshi::AppendCount(out, change.quantity);
  out += R"("})";
  return out;
}

std::string MissingJson(const MarketState& state) {
  std::string out = R"({"type":"unavailable","ticker":)";
  AppendText(out, state.view.ticker);
  out += R"(,"code":)";
  AppendText(out, ToString(state.presence));
  out += '}';
  return out;
}

}  // namespace

BookNews::~BookNews() = default;

BookView BookNews::TopView() const {
  if (change_ == nullptr) return state_.view;
  BookView view;
  view.ticker = change_->ticker;
  view.sequence = view.last_sequence = change_->sequence;
  view.time = change_->time;
  view.is_crossed = change_->is_crossed;
  if (change_->bid) view.bids.push_back(*change_->bid);
  if (change_->ask) view.asks.push_back(*change_->ask);
  return view;
}

std::string BookNews::MakeJson(NewsDetail detail) const {
  if (change_ == nullptr && state_.presence != BookPresence::kBook) return MissingJson(state_);
  std::string out;
  if (detail == NewsDetail::kTop) {
    AppendTopMessage(out, "top", TopView());
  } else if (change_ != nullptr) {
    out = ChangeJson(*change_);
  } else {
    AppendBookMessage(out, "snapshot", state_.view);
  }
  return out;
}

const std::string& BookNews::Json(NewsDetail detail) {
  std::string& json = json_[Index(detail)];
  if (json.empty()) json = MakeJson(detail);
  return json;
}

const std::shared_ptr<const BookNews::Message>& BookNews::ToMessage(NewsDetail detail) {
  std::shared_ptr<const Message>& kept = messages_[Index(detail)];
  if (kept != nullptr) return kept;
  auto message = std::make_shared<Message>();
  if (change_ == nullptr && state_.presence != BookPresence::kBook) {
    message->mutable_missing_book()->set_market_ticker(ticker());
    message->mutable_missing_book()->set_reason(ToWire(state_.presence));
  } else if (detail == NewsDetail::kTop) {
    FillTop(TopView(), *message->mutable_top());
  } else if (change_ != nullptr) {
    Fill(*change_, *message->mutable_change());
  } else {
    Fill(state_.view, *message->mutable_book());
  }
  kept = std::move(message);
  return kept;
}

const std::string& BookNews::Binary(NewsDetail detail) {
  std::string& binary = binary_[Index(detail)];
  if (binary.empty()) binary = ToMessage(detail)->SerializeAsString();
  return binary;
}

std::string BookNews::MakeVenueBody(bool use_yes_price) const {
  std::string out;
  if (change_ == nullptr) {
    kalshi::OrderbookSnapshot snapshot = ToVenueSnapshot(state_.view);
    if (use_yes_price) UseYesPrice(snapshot);
    out = kalshi::EncodeJson(snapshot);
  } else {
    kalshi::OrderbookDelta delta;
    delta.market_ticker = change_->ticker;
    delta.market_id = VenueMarketId(change_->ticker);
    const bool is_bid = change_->side == BookSide::kBid;
    delta.side = is_bid ? ContractSide::kYes : ContractSide::kNo;
    delta.price = is_bid ? change_->price : change_->price.Complement();
    delta.delta = change_->change;
    delta.time = change_->event_time;
    if (use_yes_price) UseYesPrice(delta);
    out = kalshi::EncodeJson(delta);
  }
  out += '}';
  return out;
}

const std::string& BookNews::VenueBody(bool use_yes_price) {
  std::string& body = venue_bodies_[use_yes_price ? 1 : 0];
  if (body.empty()) body = MakeVenueBody(use_yes_price);
  return body;
}

}  // namespace evx::order_book_rebuilder
