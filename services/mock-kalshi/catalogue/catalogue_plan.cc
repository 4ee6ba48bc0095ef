#include "catalogue/catalogue_plan.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_format.h"
#include "catalogue/eastern_time.h"
#include "embedded_catalogue.h"
#include "evx/core/check.h"

namespace evx::mock_kalshi {
namespace {

using nlohmann::json;

constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kLatestExpirationSeconds = 7 * kDaySeconds;

Timestamp Seconds(std::int64_t seconds) { return Timestamp::FromSeconds(seconds); }

// The files are part of the binary and held by tests: a fault in them is a bug.
json ParseFile(std::string_view text) { return json::parse(text.begin(), text.end()); }

// Long lists are kept in the files as lines of words.
std::vector<std::string> Words(const json& lines) {
  std::vector<std::string> words;
  for (const json& line : lines) {
    const std::string text = line.get<std::string>();
    std::size_t begin = 0;
    while (begin < text.size()) {
      const std::size_t end = std::min(text.find(' ', begin), text.size());
      words.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return words;
}

venue::PutSeries SeriesOf(const json& file) {
  const json& series = file.at("series");
  venue::PutSeries put;
  put.ticker = venue::Ticker(series.at("ticker").get<std::string>());
  const std::string fee_type = series.at("fee_type").get<std::string>();
  put.fee_terms.fee_type = fee_type == "quadratic" ? venue::FeeType::kQuadratic
                                                   : venue::FeeType::kQuadraticWithMakerFees;
  put.fee_terms.multiplier_millionths = series.at("fee_multiplier").get<std::int64_t>() * 1'000'000;
  put.facts_json = series.at("facts").dump();
  return put;
}

std::string TextOf(const venue::PutSeries& series) { return std::string(series.ticker.view()); }

std::int64_t FloorDivide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Recorded facts repeat from the start when they are used up.
std::size_t Recorded(std::int64_t window, std::size_t count) {
  const auto n = static_cast<std::int64_t>(count);
  return static_cast<std::size_t>((window % n + n) % n);
}

PlannedMarket MarketOf(const std::string& ticker, const std::string& structure, Timestamp open,
                       Timestamp close, const json& file) {
  PlannedMarket market;
  market.put.ticker = venue::Ticker(ticker);
  market.put.price_level_structure = InlineString<40>(structure);
  market.put.open_time = open;
  market.put.close_time = close;
  market.put.settlement_timer_seconds = file.at("settlement_timer_seconds").get<std::int64_t>();
  market.determine_time = close;
  return market;
}

json MarketTimes(Timestamp expected, Timestamp close) {
  return {{"expected_expiration_time", FormatRfc3339(expected)},
          {"occurrence_datetime", FormatRfc3339(expected)},
          {"latest_expiration_time",
           FormatRfc3339(Seconds(close.seconds() + kLatestExpirationSeconds))}};
}

venue::PutEvent EventOf(const std::string& ticker, const json& facts) {
  venue::PutEvent event;
  event.ticker = venue::Ticker(ticker);
  event.facts_json = facts.dump();
  return event;
}

void MakeExclusive(venue::PutEvent& event) {
  event.mutually_exclusive = true;
  event.collateral_return = venue::CollateralReturn::kMutuallyExclusive;
}

// "412856" cents as "4,128.56".
std::string WithSeparators(std::int64_t cents) {
  std::string whole = std::to_string(cents / 100);
  for (auto i = static_cast<std::int64_t>(whole.size()) - 3; i > 0; i -= 3) {
    whole.insert(static_cast<std::size_t>(i), ",");
  }
  return absl::StrFormat("%s.%02d", whole, cents % 100);
}

// Quarter-hour windows, one market each: up or down. The market opens when the window begins.
class QuarterHours : public RollingSeries {
 public:
  Timestamp ListTime(std::int64_t window) const override {
    return Seconds(CloseTime(window).seconds() - kListAhead);
  }
  Timestamp CloseTime(std::int64_t window) const override {
    return Seconds((window + 1) * kWindowSeconds);
  }

 protected:
  static constexpr std::int64_t kWindowSeconds = 900;
  // The running window and the two behind it are listed.
  static constexpr std::int64_t kListAhead = 3 * kWindowSeconds;

  explicit QuarterHours(json file) : RollingSeries(SeriesOf(file)), file_(std::move(file)) {
    asset_ = file_.at("asset").get<std::string>();
  }

  std::int64_t SomeClosedAt(Timestamp time) const override {
    return FloorDivide(time.seconds(), kWindowSeconds) - 1;
  }

  // `target`: "$4,128.56 target" or empty. Market facts without strike; the caller adds it.
  PlannedEvent Frame(std::int64_t window, std::string_view target, json market_facts) const {
    const Timestamp close = CloseTime(window);
    const Timestamp open = Seconds(close.seconds() - kWindowSeconds);
    const absl::CivilSecond local_open = ToEastern(open);
    const absl::CivilSecond local = ToEastern(close);
    const std::string event_ticker = absl::StrFormat(
        "%s-%s%02d%02d", TextOf(series()), TickerDay(local), local.hour(), local.minute());
    json event_facts = {
        {"title",
         target.empty() ? asset_ + " 15 min" : asset_ + " 15 min · " + std::string(target)},
        {"sub_title",
         ShortDay(local_open) + " - " + EasternClock(open) + " to " + EasternClock(close)},
        {"category", file_.at("series").at("facts").at("category")},
        {"settlement_sources", file_.at("series").at("facts").at("settlement_sources")},
        {"strike_date", FormatRfc3339(close)},
        {"product_metadata", {{"cadence", "fifteen_min"}}}};
    market_facts.update(MarketTimes(Seconds(close.seconds() + 300), close));
    market_facts["title"] = asset_ + " price up in next 15 mins?";
    market_facts["strike_type"] = "greater_or_equal";
    market_facts["rules_primary"] = "If the price of " + asset_ + " on " + LongDay(local) + " at " +
                                    EasternClock(close) + " is at least its price at " +
                                    EasternClock(open) + " on " + LongDay(local_open) +
                                    ", then the market resolves to Yes.";
    market_facts["catalogue_window"] = window;
    PlannedEvent event{EventOf(event_ticker, event_facts), {}};
    event.markets.push_back(MarketOf(absl::StrFormat("%s-%02d", event_ticker, local.minute()),
                                     file_.at("price_level_structure").get<std::string>(), open,
                                     close, file_));
    event.markets.back().put.facts_json = market_facts.dump();
    return event;
  }

  const json& file() const { return file_; }

 private:
  const json file_;
  std::string asset_;
};

// With prices: the strike of a window is the price at which the one before ended.
class PriceWindows final : public QuarterHours {
 public:
  explicit PriceWindows(json file) : QuarterHours(std::move(file)) {
    for (const std::string& word : Words(this->file().at("prices"))) {
      const std::size_t point = word.find('.');
      cents_.push_back(std::stoll(word.substr(0, point)) * 100 +
                       std::stoll(word.substr(point + 1)));
    }
    EVX_CHECK(cents_.size() > 1);
  }

  std::vector<PlannedEvent> Plan(std::int64_t window) const override {
    const std::size_t index = Recorded(window, cents_.size() - 1);
    const std::int64_t strike = cents_[index];
    const std::int64_t price = cents_[index + 1];
    const std::string text = "$" + WithSeparators(strike);
    PlannedEvent event = Frame(
        window, text + " target",
        {{"yes_sub_title", "Target Price: " + text},
         {"no_sub_title", "Target price: TBD"},
         {"floor_strike", static_cast<double>(strike) / 100},
         {"custom_strike", {{"round_digits", "2"}}},
         {"rules_secondary", "The settlement value is rounded to the nearest 2 decimal places."}});
    PlannedMarket& market = event.markets.front();
    market.result = price >= strike ? venue::MarketResult::kYes : venue::MarketResult::kNo;
    market.expiration_value = absl::StrFormat("%d.%02d", price / 100, price % 100);
    return {std::move(event)};
  }

 private:
  std::vector<std::int64_t> cents_;
};

// With outcomes alone.
class DirectionWindows final : public QuarterHours {
 public:
  explicit DirectionWindows(json file) : QuarterHours(std::move(file)) {
    for (const std::string& line : Words(this->file().at("results"))) results_ += line;
    EVX_CHECK(!results_.empty());
  }

  std::vector<PlannedEvent> Plan(std::int64_t window) const override {
    PlannedEvent event = Frame(window, "",
                               {{"yes_sub_title", "Price to beat: TBD"},
                                {"no_sub_title", "Price to beat: TBD"},
                                {"rules_secondary", ""}});
    event.markets.front().result = results_[Recorded(window, results_.size())] == 'Y'
                                       ? venue::MarketResult::kYes
                                       : venue::MarketResult::kNo;
    return {std::move(event)};
  }

 private:
  std::string results_;
};

// One exclusive event a day with six brackets, which open the day before and close at midnight,
// Eastern standard time; the result is known in the following morning.
class DailyHighs final : public RollingSeries {
 public:
  explicit DailyHighs(json file) : RollingSeries(SeriesOf(file)), file_(std::move(file)) {
    for (const std::string& word : Words(file_.at("days"))) {
      const std::size_t colon = word.find(':');
      days_.push_back({std::stoll(word.substr(0, colon)),
                       static_cast<std::size_t>(std::stoll(word.substr(colon + 1)))});
    }
    EVX_CHECK(!days_.empty());
  }

  Timestamp ListTime(std::int64_t window) const override {
    return Seconds(OpenTime(window).seconds() - 2 * 3600);
  }
  Timestamp CloseTime(std::int64_t window) const override {
    return Seconds((window + 1) * kDaySeconds + 5 * 3600 - 60);
  }

  std::vector<PlannedEvent> Plan(std::int64_t window) const override {
    const absl::CivilSecond day = absl::CivilSecond(1970) + window * kDaySeconds;
    const Day& recorded = days_[Recorded(window, days_.size())];
    const std::string ticker = TextOf(series()) + "-" + TickerDay(day);
    PlannedEvent event{
        EventOf(ticker,
                {{"title", "Highest temperature in NYC on " + LongDay(day) + "?"},
                 {"sub_title", "On " + LongDay(day)},
                 {"category", "Climate and Weather"},
                 {"strike_period", "day"},
                 {"settlement_sources", file_.at("series").at("facts").at("settlement_sources")}}),
        {}};
    MakeExclusive(event.put);
    for (std::size_t i = 0; i < kBracketCount; ++i) {
      event.markets.push_back(Bracket(window, ticker, LongDay(day), recorded, i));
    }
    return {std::move(event)};
  }

 protected:
  std::int64_t SomeClosedAt(Timestamp time) const override {
    return FloorDivide(time.seconds(), kDaySeconds) - 2;
  }

 private:
  static constexpr std::size_t kBracketCount = 6;
  // The lowest bracket is below `strike`, the highest above `strike` + 7, four of two degrees lie
  // between.
  struct Day {
    std::int64_t strike = 0;
    std::size_t winner = 0;
  };

  static Timestamp OpenTime(std::int64_t window) {
    return Seconds((window - 1) * kDaySeconds + 14 * 3600);
  }

  PlannedMarket Bracket(std::int64_t window, const std::string& event_ticker,
                        const std::string& day, const Day& recorded, std::size_t i) const {
    const std::int64_t low = recorded.strike + 2 * (static_cast<std::int64_t>(i) - 1);
    const Timestamp close = CloseTime(window);
    const Timestamp known = Seconds((window + 1) * kDaySeconds + 14 * 3600);
    json facts = MarketTimes(known, close);
    std::string suffix;
    std::string range;
    std::int64_t observed = low;
    if (i == 0) {
      suffix = absl::StrFormat("T%d", recorded.strike);
      facts["strike_type"] = "less";
      facts["cap_strike"] = recorded.strike;
      facts["yes_sub_title"] = absl::StrFormat("%d° or below", recorded.strike - 1);
      range = absl::StrFormat("less than %d°", recorded.strike);
      observed = recorded.strike - 1;
    } else if (i + 1 == kBracketCount) {
      suffix = absl::StrFormat("T%d", recorded.strike + 7);
      facts["strike_type"] = "greater";
      facts["floor_strike"] = recorded.strike + 7;
      facts["yes_sub_title"] = absl::StrFormat("%d° or above", recorded.strike + 8);
      range = absl::StrFormat("greater than %d°", recorded.strike + 7);
      observed = recorded.strike + 8;
    } else {
      suffix = absl::StrFormat("B%d.5", low);
      facts["strike_type"] = "between";
      facts["floor_strike"] = low;
      facts["cap_strike"] = low + 1;
      facts["yes_sub_title"] = absl::StrFormat("%d° to %d°", low, low + 1);
      range = absl::StrFormat("between %d-%d°", low, low + 1);
    }
    facts["no_sub_title"] = facts["yes_sub_title"];
    facts["title"] = "Will the high temp in NYC be " + range + " on " + day + "?";
    facts["rules_primary"] =
        "If the highest temperature recorded in Central Park, New York for " + day +
        " as reported by the National Weather Service's Climatological Report (Daily), is " +
        range + ", then the market resolves to Yes.";
    facts["catalogue_window"] = window;
    PlannedMarket market =
        MarketOf(event_ticker + "-" + suffix, file_.at("price_level_structure").get<std::string>(),
                 OpenTime(window), close, file_);
    market.put.facts_json = facts.dump();
    market.determine_time = known;
    market.result = i == recorded.winner ? venue::MarketResult::kYes : venue::MarketResult::kNo;
    if (i == recorded.winner) market.expiration_value = std::to_string(observed);
    return market;
  }

  const json file_;
  std::vector<Day> days_;
};

// A whole slate a day, open for trading a week before; the games take turns with the tick grids
// that no other series has.
class DailyGames final : public RollingSeries {
 public:
  explicit DailyGames(json file) : RollingSeries(SeriesOf(file)), file_(std::move(file)) {
    games_ = Words(file_.at("games"));
    for (const json& name : file_.at("price_level_structures")) {
      structures_.push_back(name.get<std::string>());
    }
    EVX_CHECK(games_.size() >= kGamesPerDay);
  }

  Timestamp ListTime(std::int64_t window) const override {
    return Seconds(OpenTime(window).seconds() - 3600);
  }
  Timestamp CloseTime(std::int64_t window) const override {
    return Seconds((window + 1) * kDaySeconds + 3 * 3600);
  }

  std::vector<PlannedEvent> Plan(std::int64_t window) const override {
    std::vector<PlannedEvent> events;
    std::vector<std::string> pairs;
    for (std::int64_t i = 0; i < kGamesPerDay; ++i) {
      // The same teams can meet on two recorded days that fall together: the next game then.
      std::size_t index = Recorded(window * kGamesPerDay + i, games_.size());
      while (std::find(pairs.begin(), pairs.end(), PairOf(games_[index])) != pairs.end()) {
        index = (index + 1) % games_.size();
      }
      pairs.push_back(PairOf(games_[index]));
      events.push_back(Game(window, games_[index],
                            structures_[static_cast<std::size_t>(i) % structures_.size()]));
    }
    return events;
  }

 protected:
  std::int64_t SomeClosedAt(Timestamp time) const override {
    return FloorDivide(time.seconds(), kDaySeconds) - 2;
  }

 private:
  static constexpr std::int64_t kGamesPerDay = 15;
  static constexpr std::int64_t kDaysAhead = 7;

  static Timestamp OpenTime(std::int64_t window) {
    return Seconds((window - kDaysAhead) * kDaySeconds + 12 * 3600);
  }
  static std::string PairOf(const std::string& game) { return game.substr(0, game.find(':')); }

  // `game`: "AZ-MIA:AZ", away, home, winner.
  PlannedEvent Game(std::int64_t window, const std::string& game,
                    const std::string& structure) const {
    const std::string pair = PairOf(game);
    const std::string winner = game.substr(pair.size() + 1);
    const std::array<std::string, 2> codes = {pair.substr(0, pair.find('-')),
                                              pair.substr(pair.find('-') + 1)};
    const absl::CivilSecond day = absl::CivilSecond(1970) + window * kDaySeconds;
    const std::string ticker = TextOf(series()) + "-" + TickerDay(day) + codes[0] + codes[1];
    const auto name = [this](const std::string& code) {
      return file_.at("teams").at(code).get<std::string>();
    };
    const std::string title = name(codes[0]) + " vs " + name(codes[1]);
    PlannedEvent event{
        EventOf(ticker,
                {{"title", title},
                 {"sub_title", codes[0] + " vs " + codes[1] + " (" + ShortDay(day) + ")"},
                 {"category", "Sports"},
                 {"competition", "Pro Baseball"},
                 {"competition_scope", "Game"},
                 {"settlement_sources", file_.at("series").at("facts").at("settlement_sources")}}),
        {}};
    MakeExclusive(event.put);
    const Timestamp close = CloseTime(window);
    for (const std::string& code : codes) {
      json facts = MarketTimes(close, close);
      facts["title"] = title + " Winner?";
      facts["yes_sub_title"] = name(code);
      facts["no_sub_title"] = name(code);
      facts["strike_type"] = "structured";
      facts["rules_primary"] = "If " + name(code) + " wins the " + title +
                               " professional baseball game scheduled for " + LongDay(day) +
                               ", then the market resolves to Yes.";
      facts["catalogue_window"] = window;
      PlannedMarket market =
          MarketOf(ticker + "-" + code, structure, OpenTime(window), close, file_);
      market.put.facts_json = facts.dump();
      market.result = code == winner ? venue::MarketResult::kYes : venue::MarketResult::kNo;
      event.markets.push_back(std::move(market));
    }
    return event;
  }

  const json file_;
  std::vector<std::string> games_;
  std::vector<std::string> structures_;
};

// One exclusive event a year, which closes on 20 July.
class YearlyWinner final : public RollingSeries {
 public:
  explicit YearlyWinner(json file) : RollingSeries(SeriesOf(file)), file_(std::move(file)) {}

  // A few days before the event of the year before closes, so that one is always open.
  Timestamp ListTime(std::int64_t window) const override {
    return Seconds(CloseTime(window - 1).seconds() - 10 * kDaySeconds);
  }
  // The window number is the year.
  Timestamp CloseTime(std::int64_t window) const override {
    return Seconds(absl::CivilSecond(window, 7, 20) - absl::CivilSecond(1970));
  }

  std::vector<PlannedEvent> Plan(std::int64_t window) const override {
    const std::string ticker = absl::StrFormat("%s-%02d", TextOf(series()), window % 100);
    const Timestamp close = CloseTime(window);
    PlannedEvent event{
        EventOf(ticker,
                {{"title", absl::StrFormat("%d Men's World Cup winner?", window)},
                 {"sub_title", absl::StrFormat("In %d", window)},
                 {"category", "Sports"},
                 {"competition", "World Cup"},
                 {"competition_scope", "Futures"},
                 {"settlement_sources", file_.at("series").at("facts").at("settlement_sources")}}),
        {}};
    MakeExclusive(event.put);
    for (const auto& [code, name] : file_.at("teams").items()) {
      const std::string team = name.get<std::string>();
      json facts = MarketTimes(close, close);
      facts["title"] = absl::StrFormat("Will %s win the %d Men's World Cup?", team, window);
      facts["yes_sub_title"] = team;
      facts["no_sub_title"] = team;
      facts["strike_type"] = "structured";
      facts["rules_primary"] = absl::StrFormat(
          "If %s wins the %d Men's World Cup, then the market resolves to Yes.", team, window);
      facts["catalogue_window"] = window;
      PlannedMarket market =
          MarketOf(ticker + "-" + code, file_.at("price_level_structure").get<std::string>(),
                   ListTime(window), close, file_);
      market.put.facts_json = facts.dump();
      market.result = code == file_.at("winners").get<std::string>() ? venue::MarketResult::kYes
                                                                     : venue::MarketResult::kNo;
      event.markets.push_back(std::move(market));
    }
    return {std::move(event)};
  }

 protected:
  std::int64_t SomeClosedAt(Timestamp time) const override {
    return (absl::CivilSecond(1970) + time.seconds()).year() - 1;
  }

 private:
  const json file_;
};

}  // namespace

std::int64_t RollingSeries::FirstOpenAt(Timestamp time) const {
  std::int64_t window = SomeClosedAt(time);
  while (CloseTime(window) <= time) ++window;
  return window;
}

std::vector<std::unique_ptr<RollingSeries>> StandardRollingSeries() {
  std::vector<std::unique_ptr<RollingSeries>> series;
  series.push_back(std::make_unique<PriceWindows>(ParseFile(kGold15mJson)));
  series.push_back(std::make_unique<DirectionWindows>(ParseFile(kBtc15mJson)));
  series.push_back(std::make_unique<DirectionWindows>(ParseFile(kXrp15mJson)));
  series.push_back(std::make_unique<DailyHighs>(ParseFile(kHighNyJson)));
  series.push_back(std::make_unique<DailyGames>(ParseFile(kMlbGameJson)));
  series.push_back(std::make_unique<YearlyWinner>(ParseFile(kWorldCupJson)));
  return series;
}

FixedCatalogue StandardFixedCatalogue(Timestamp now) {
  const json file = ParseFile(kFixedJson);
  const Timestamp end = Seconds(absl::CivilSecond(2199, 12, 31) - absl::CivilSecond(1970));
  FixedCatalogue catalogue{SeriesOf(file), {}};
  for (const json& event : file.at("events")) {
    PlannedEvent planned{EventOf(event.at("ticker").get<std::string>(),
                                 {{"title", event.at("title")}, {"category", "Companies"}}),
                         {}};
    PlannedMarket market =
        MarketOf(event.at("market").get<std::string>(),
                 file.at("price_level_structure").get<std::string>(), now, end, file);
    market.put.facts_json = json{{"title", event.at("title")},
                                 {"yes_sub_title", event.at("yes_sub_title")},
                                 {"no_sub_title", event.at("no_sub_title")},
                                 {"rules_primary", event.at("rules_primary")}}
                                .dump();
    planned.markets.push_back(std::move(market));
    catalogue.events.push_back(std::move(planned));
  }
  return catalogue;
}

}  // namespace evx::mock_kalshi
