#include "fix/fix_market_data.h"

#include <utility>
#include <vector>

#include "evx/core/check.h"
#include "evx/fix/tags.h"
#include "evx/venue/codec.h"

namespace evx::mock_kalshi {

namespace msg_type = fix::msg_type;
using Status = fix::SecurityTradingStatus;

void FixMarketData::OnMessage(FixSession& session, const fix::Message& message) {
  if (message.type() == msg_type::kMarketDataRequest) {
    const fix::MarketDataRequest request = fix::DecodeMarketDataRequest(message);
    const auto refuse = [&](char reason, std::string_view text) {
      fix::BodyWriter body;
      if (!request.request_id.empty()) body.Add(fix::tag::kMdReqId, request.request_id);
      body.Add(fix::tag::kMdReqRejReason, reason);
      body.Add(fix::tag::kText, text);
      hub_.Deliver(session, msg_type::kMarketDataRequestReject, body);
    };
    if (request.type < '0' || request.type > '2') {
      return refuse('4', "SubscriptionRequestType must be 0, 1 or 2");
    }
    if (request.type != '2' && request.symbols.empty()) {
      return session.connection->RejectMessage(
          message, {fix::tag::kNoRelatedSym, fix::SessionRejectReason::kRequiredTagMissing,
                    "Required tag missing"});
    }
    const bool is_too_many =
        request.symbols.size() > fix::kSymbolCountMax ||
        (request.type == '1' &&
         subscription_counts_[session.key_id] + request.symbols.size() > kSubscriptionCountMax);
    if (is_too_many) return refuse('2', "too many symbols");
    if (request.type == '2') return Unsubscribe(session, request);
    return Subscribe(session, request);
  }
  const std::string_view type = message.Get(fix::tag::kSubscriptionRequestType);
  const MarketId market = hub_.FindMarket(message.Get(fix::tag::kSymbol));
  if ((type != "1" && type != "2") || !market) {
    return session.connection->RejectBusiness(
        message,
        market ? fix::BusinessRejectReason::kOther : fix::BusinessRejectReason::kUnknownSecurity,
        market ? "SubscriptionRequestType must be 1 or 2" : "MARKET_NOT_FOUND",
        message.Get(fix::tag::kSecurityStatusReqId));
  }
  if (type == "1") {
    hub_.feed.SetWanted(true);
    statuses_[market][session.key_id] = message.Get(fix::tag::kSecurityStatusReqId);
    last_statuses_[market] = hub_.context.read_model.Read(
        [market](const ReadModel::State& state) { return state.At(market).status; });
  } else if (const auto found = statuses_.find(market); found != statuses_.end()) {
    found->second.erase(session.key_id);
    if (found->second.empty()) statuses_.erase(found);
  }
}

FixMarketData::Book FixMarketData::ReadBook(MarketId market) const {
  Book book;
  hub_.context.read_model.Read([&](const ReadModel::State& state) {
    const BookState& from = state.At(market).book;
    book.through = state.sequence_number;
    book.bids.insert(from.bids.begin(), from.bids.end());
    book.asks.insert(from.asks.begin(), from.asks.end());
  });
  return book;
}

void FixMarketData::Subscribe(FixSession& session, const fix::MarketDataRequest& request) {
  hub_.feed.SetWanted(true);
  for (const std::string_view symbol : request.symbols) {
    const MarketId market = hub_.FindMarket(symbol);
    if (!market) {
      SendSnapshot(session, request.request_id, symbol, nullptr);
      continue;
    }
    if (request.type == '0') {
      const Book book = ReadBook(market);
      SendSnapshot(session, request.request_id, symbol, &book);
      continue;
    }
    // Subscribers share one book, so the newcomer gets it as the others have it.
    std::unique_ptr<Book>& book = markets_[market];
    if (book == nullptr) book = std::make_unique<Book>(ReadBook(market));
    if (book->receivers.insert_or_assign(session.key_id, std::string(request.request_id)).second) {
      ++subscription_counts_[session.key_id];
    }
    SendSnapshot(session, request.request_id, symbol, book.get());
  }
}

void FixMarketData::Unsubscribe(const FixSession& session, const fix::MarketDataRequest& request) {
  const auto remove = [&](auto at) {
    subscription_counts_[session.key_id] -= at->second->receivers.erase(session.key_id);
    if (at->second->receivers.empty()) {
      markets_.erase(at++);
    } else {
      ++at;
    }
    return at;
  };
  if (request.symbols.empty()) {
    for (auto at = markets_.begin(); at != markets_.end();) at = remove(at);
  }
  for (const std::string_view symbol : request.symbols) {
    const auto at = markets_.find(hub_.FindMarket(symbol));
    if (at != markets_.end()) remove(at);
  }
}

void FixMarketData::Forget(const FixSession& session) {
  Unsubscribe(session, {});
  subscription_counts_.erase(session.key_id);
  for (auto at = statuses_.begin(); at != statuses_.end();) {
    at->second.erase(session.key_id);
    at = at->second.empty() ? statuses_.erase(at) : std::next(at);
  }
}

void FixMarketData::SendSnapshot(FixSession& session, std::string_view request_id,
                                 std::string_view symbol, const Book* book) {
  fix::MarketDataSnapshot snapshot;
  snapshot.request_id = request_id;
  snapshot.symbol = symbol;
  snapshot.time = hub_.context.clock.Now();
  if (book != nullptr) {
    for (auto at = book->bids.rbegin(); at != book->bids.rend(); ++at) {
      snapshot.levels.push_back({BookSide::kBid, at->first, at->second});
    }
    for (const auto& [price, quantity] : book->asks) {
      snapshot.levels.push_back({BookSide::kAsk, price, quantity});
    }
  }
  fix::BodyWriter body;
  Encode(snapshot, body);
  hub_.Deliver(session, msg_type::kMarketDataSnapshot, body);
}

void FixMarketData::OnRecord(const FixFeed::Record& record) {
  if (!has_subscriptions()) return;
  std::map<MarketId, std::vector<Update>> updates;
  struct Visitor {
    FixMarketData& self;
    const FixFeed::Record& record;
    std::map<MarketId, std::vector<Update>>& updates;

    Book* Find(MarketId market) const {
      const auto found = self.markets_.find(market);
      if (found == self.markets_.end()) return nullptr;
      Book* const book = found->second.get();
      return book->through >= record.sequence_number ? nullptr : book;
    }
    void operator()(const venue::BookChanged& event) {
      Book* const book = Find(event.market);
      if (book == nullptr) return;
      auto& side = book->side(event.side);
      Update update;
      update.entry.type = event.side == BookSide::kBid ? '0' : '1';
      update.entry.price = event.price;
      update.entry.quantity = event.quantity_after;
      update.order_id = event.order_id;
      if (event.quantity_after.is_zero()) {
        if (side.erase(event.price) == 0) return;
        update.entry.action = '2';
      } else {
        // Clients set a level to its new size; that it is new they know themselves.
        side.insert_or_assign(event.price, event.quantity_after);
        update.entry.action = '1';
      }
      updates[event.market].push_back(std::move(update));
    }
    void operator()(const venue::BookCleared& event) {
      Book* const book = Find(event.market);
      if (book == nullptr) return;
      for (const BookSide s : {BookSide::kBid, BookSide::kAsk}) {
        for (const auto& [price, quantity] : book->side(s)) {
          Update update;
          update.entry.action = '2';
          update.entry.type = s == BookSide::kBid ? '0' : '1';
          update.entry.price = price;
          updates[event.market].push_back(std::move(update));
        }
        book->side(s).clear();
      }
    }
    void operator()(const venue::TradeExecuted& event) {
      if (Find(event.market) == nullptr) return;
      Update update;
      update.entry.type = '2';
      update.entry.price = event.price;
      update.entry.quantity = event.quantity;
      update.entry.aggressor = event.taker_side;
      update.trade_id = self.hub_.context.wire_ids.Encode(event.trade_id);
      updates[event.market].push_back(std::move(update));
    }
    void operator()(const venue::MarketStatusChanged& event) {
      using S = venue::MarketStatus;
      if (!self.statuses_.contains(event.market)) return;
      const S before = std::exchange(self.last_statuses_[event.market], event.status);
      if (event.status == S::kInactive) {
        self.SendStatus(event.market, Status::kHalt, record.time);
      } else if (event.status == S::kActive && before == S::kInactive) {
        self.SendStatus(event.market, Status::kResume, record.time);
      } else if (event.status == S::kDetermined) {
        self.SendStatus(event.market, Status::kDetermined, record.time);
      } else if (event.status == S::kFinalized) {
        self.SendStatus(event.market, Status::kSettled, record.time);
        self.statuses_.erase(event.market);
      }
    }
    void operator()(const venue::ExchangeStatusChanged& event) {
      const bool is_trading = event.exchange_active && event.trading_active;
      for (const auto& [market, receivers] : self.statuses_) {
        if (self.last_statuses_[market] != venue::MarketStatus::kActive) continue;
        self.SendStatus(market, is_trading ? Status::kResume : Status::kHalt, record.time);
      }
    }
  };
  Visitor visitor{*this, record, updates};
  const absl::Status read =
      venue::VisitEventsOf<venue::BookChanged, venue::BookCleared, venue::TradeExecuted,
                           venue::MarketStatusChanged, venue::ExchangeStatusChanged>(record.events,
                                                                                     visitor);
  EVX_CHECK(read.ok());
  for (auto& [market, entries] : updates) {
    SendUpdates(market, *markets_.find(market)->second, record.time, entries);
  }
}

void FixMarketData::SendUpdates(MarketId market, Book& book, Timestamp time,
                                std::vector<Update>& updates) {
  fix::MarketDataIncremental message;
  message.symbol = hub_.TickerOf(market);
  message.time = time;
  for (const auto& [key_id, request_id] : book.receivers) {
    FixSession* const session = hub_.FindSession(key_id);
    if (session == nullptr) continue;
    FixHub::Account* const account = hub_.FindAccount(session->principal.account);
    message.request_id = request_id;
    // One entry a message: published clients stop reading a group at a field they do not know.
    for (const Update& update : updates) {
      message.entries.assign(1, update.entry);
      message.entries[0].trade_id = update.trade_id;
      const FixOrder* const own =
          account == nullptr || !update.order_id ? nullptr : account->orders.Find(update.order_id);
      if (own != nullptr) {
        message.entries[0].own_cl_ord_id = own->cl_ord_id;
        if (own->subaccount != 0) message.entries[0].own_alloc_account = own->subaccount;
      }
      fix::BodyWriter body;
      Encode(message, body);
      hub_.Deliver(*session, msg_type::kMarketDataIncremental, body);
    }
  }
}

void FixMarketData::SendStatus(MarketId market, fix::SecurityTradingStatus status, Timestamp time) {
  const auto found = statuses_.find(market);
  if (found == statuses_.end()) return;
  for (const auto& [key_id, request_id] : found->second) {
    FixSession* const session = hub_.FindSession(key_id);
    if (session == nullptr) continue;
    fix::BodyWriter body;
    if (!request_id.empty()) body.Add(fix::tag::kSecurityStatusReqId, request_id);
    body.Add(fix::tag::kSymbol, hub_.TickerOf(market));
    body.AddInteger(fix::tag::kSecurityTradingStatus, static_cast<int>(status));
    body.AddTime(fix::tag::kTransactTime, time);
    hub_.Deliver(*session, msg_type::kSecurityStatus, body);
  }
}

}  // namespace evx::mock_kalshi
