#include "rest/rest_api.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "evx/kalshi/error_body.h"
#include "evx/kalshi/market_messages.h"
#include "evx/kalshi/queries.h"
#include "evx/kalshi/query.h"
#include "fold/book_message.h"
#include "rest/json_text.h"
#include "venue/venue_messages.h"

namespace evx::order_book_rebuilder {
namespace {

using net::HttpResponse;

constexpr std::string_view kBookPrefix = "/api/v1/orderbook/";
constexpr std::string_view kTopSuffix = "/top";
constexpr std::string_view kVenuePrefix = "/trade-api/v2/markets/";
constexpr std::string_view kVenueSuffix = "/orderbook";

constexpr kalshi::ErrorCode kInTransit = {"market_in_transit", 503, "market in transit"};
constexpr kalshi::ErrorCode kNoBook = {"no_book", 503, "no snapshot of this market has come yet"};
constexpr kalshi::ErrorCode kNoBookThen = {"no_book_then", 404, "no book of that instant"};
constexpr kalshi::ErrorCode kInDoubt = {"market_in_doubt", 503, "market in doubt"};

HttpResponse Respond(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  return response;
}

HttpResponse Refuse(const kalshi::Error& error) {
  HttpResponse response;
  response.status = error.http_status;
  response.body = kalshi::ErrorBody(error);
  if (error.http_status == 503) response.headers.push_back({"Retry-After", "1"});
  return response;
}

kalshi::Error ToError(const absl::Status& status) {
  if (absl::IsDataLoss(status)) {
    return kalshi::MakeError(kalshi::error::kInternal, MessageOf(status));
  }
  return kalshi::MakeError(absl::IsNotFound(status) ? kalshi::error::kMarketNotFound : kInTransit,
                           MessageOf(status));
}

// Which part of a book, and of when.
struct Cut {
  std::size_t depth = kLevelCountMax;
  std::optional<Timestamp> at;
};

// A book that there is, in doubt or not.
std::variant<BookView, kalshi::Error> ReadBook(const RebuiltBooks& books, std::string_view ticker,
                                               const Cut& cut) {
  if (cut.at) {
    auto past = books.ReadAt(ticker, cut.depth, *cut.at);
    if (past.ok()) return *std::move(past);
    if (absl::IsNotFound(past.status())) {
      return kalshi::MakeError(kNoBookThen, MessageOf(past.status()));
    }
    return ToError(past.status());
  }
  auto view = books.Read(ticker, cut.depth);
  if (!view.ok()) return ToError(view.status());
  if (view->doubt == Doubt::kNoSnapshot) return kalshi::MakeError(kNoBook);
  return *std::move(view);
}

// `"orderbooks":` those that there are, and `"missing":` the others, each with its code.
void AppendBooks(std::string& out, const RebuiltBooks& books,
                 const std::vector<std::string>& tickers, const Cut& cut) {
  std::vector<BookView> views;
  std::vector<std::pair<std::string, std::string>> missing;
  for (const std::string& ticker : tickers) {
    auto view = ReadBook(books, ticker, cut);
    if (const auto* error = std::get_if<kalshi::Error>(&view)) {
      missing.emplace_back(ticker, error->code);
    } else {
      views.push_back(std::get<BookView>(std::move(view)));
    }
  }
  out += R"("orderbooks":)";
  AppendList(out, views, AppendBook);
  out += R"(,"missing":)";
  AppendList(out, missing, [](std::string& to, const auto& item) {
    to += R"({"ticker":)";
    AppendText(to, item.first);
    to += R"(,"code":)";
    AppendText(to, item.second);
    to += '}';
  });
}

// 0 and absent: all of it.
std::size_t ReadDepth(kalshi::ParameterReader& reader) {
  const auto depth = reader.Integer("depth", 0, kLevelCountMax).value_or(0);
  return depth == 0 ? kLevelCountMax : static_cast<std::size_t>(depth);
}

// RFC 3339 or nanoseconds; nothing when absent.
std::optional<Timestamp> ReadInstant(kalshi::ParameterReader& reader, const Clock& clock) {
  const std::string text = reader.Text("at");
  if (text.empty()) return std::nullopt;
  std::int64_t nanos = 0;
  if (!absl::SimpleAtoi(text, &nanos)) {
    const auto time = ParseRfc3339(text);
    if (!time.ok()) reader.Fail("at", "is no RFC 3339 time and no number of nanoseconds");
    nanos = time.ok() ? time->nanos() : 0;
  }
  const auto at = Timestamp::FromNanos(nanos);
  if (at > clock.Now()) reader.Fail("at", "lies in the future");
  return at;
}

// One page of tickers: above the cursor, with the prefix.
struct Page {
  std::string cursor;
  std::string prefix;
  std::size_t limit = 0;

  void Read(kalshi::ParameterReader& reader) {
    cursor = reader.Text("cursor");
    if (!cursor.empty() && !IsTicker(cursor)) reader.Fail("cursor", "is no ticker");
    limit =
        static_cast<std::size_t>(reader.Limit(1, RestApi::kPageSizeMax, RestApi::kPageSizeDefault));
  }
};

void AppendCursor(std::string& out, const Page& page, const std::vector<std::string>& tickers) {
  out += R"(,"cursor":)";
  AppendText(out, tickers.size() == page.limit ? tickers.back() : std::string());
}

}  // namespace

HttpResponse RestApi::Handle(const net::HttpRequest& request) const {
  const std::string_view path = request.path();
  const std::string_view query = request.query();
  const bool is_venue = path.starts_with(kVenuePrefix) && path.ends_with(kVenueSuffix) &&
                        path.size() > kVenuePrefix.size() + kVenueSuffix.size();
  const bool is_book = path.starts_with(kBookPrefix);
  const bool is_known = is_venue || is_book || path == "/api/v1/stats" || path == "/api/v1/markets";
  if (!is_known) return Refuse(kalshi::MakeError(kalshi::error::kNotFound));
  if (request.method() != net::HttpMethod::kGet && request.method() != net::HttpMethod::kHead) {
    HttpResponse response = Refuse(kalshi::MakeError(kalshi::error::kMethodNotAllowed));
    response.headers.push_back({"Allow", "GET, HEAD"});
    return response;
  }
  if (path == "/api/v1/stats") return GetStats();
  if (path == "/api/v1/markets") return GetMarkets(query);
  std::string_view segment = path.substr(is_venue ? kVenuePrefix.size() : kBookPrefix.size());
  if (is_venue) segment.remove_suffix(kVenueSuffix.size());
  if (is_book && segment == "bulk") return GetBulk(query);
  if (is_book && segment == "all") return GetAll(query);
  const bool is_top = is_book && segment.ends_with(kTopSuffix);
  if (is_top) segment.remove_suffix(kTopSuffix.size());
  const std::optional<std::string> ticker = kalshi::DecodePathSegment(segment);
  if (!ticker || !IsTicker(*ticker) || segment.find('/') != std::string_view::npos) {
    return Refuse(kalshi::MakeError(kalshi::error::kMarketNotFound));
  }
  if (is_venue) return GetVenueBook(*ticker, query);
  return is_top ? GetTop(*ticker, query) : GetBook(*ticker, query);
}

HttpResponse RestApi::GetBook(std::string_view ticker, std::string_view query) const {
  const auto parsed = kalshi::QueryString::Parse(query);
  kalshi::ParameterReader reader("GetOrderBook", parsed);
  const Cut cut{ReadDepth(reader), ReadInstant(reader, clock_)};
  if (reader.error()) return Refuse(*reader.error());
  const auto view = ReadBook(books_, ticker, cut);
  if (const auto* error = std::get_if<kalshi::Error>(&view)) return Refuse(*error);
  std::string body;
  AppendBook(body, std::get<BookView>(view));
  return Respond(std::move(body));
}

HttpResponse RestApi::GetTop(std::string_view ticker, std::string_view query) const {
  const auto parsed = kalshi::QueryString::Parse(query);
  kalshi::ParameterReader reader("GetTopOfBook", parsed);
  const Cut cut{1, ReadInstant(reader, clock_)};
  if (reader.error()) return Refuse(*reader.error());
  const auto view = ReadBook(books_, ticker, cut);
  if (const auto* error = std::get_if<kalshi::Error>(&view)) return Refuse(*error);
  std::string body;
  AppendTop(body, std::get<BookView>(view));
  return Respond(std::move(body));
}

HttpResponse RestApi::GetBulk(std::string_view query) const {
  const auto parsed = kalshi::QueryString::Parse(query);
  kalshi::ParameterReader reader("GetOrderBooks", parsed);
  const std::vector<std::string> tickers = reader.List("tickers", kBulkCountMax);
  if (tickers.empty()) reader.Fail("tickers", "must name 1 to 100 markets");
  if (!std::all_of(tickers.begin(), tickers.end(), IsTicker)) {
    reader.Fail("tickers", "names something that is no ticker");
  }
  const Cut cut{ReadDepth(reader), ReadInstant(reader, clock_)};
  if (reader.error()) return Refuse(*reader.error());
  std::string body = "{";
  AppendBooks(body, books_, tickers, cut);
  body += '}';
  return Respond(std::move(body));
}

HttpResponse RestApi::GetAll(std::string_view query) const {
  const auto parsed = kalshi::QueryString::Parse(query);
  kalshi::ParameterReader reader("GetAllOrderBooks", parsed);
  Page page;
  page.Read(reader);
  const Cut cut{ReadDepth(reader), ReadInstant(reader, clock_)};
  if (reader.error()) return Refuse(*reader.error());
  const auto tickers = books_.Tickers(page.prefix, page.cursor, page.limit);
  std::string body = "{";
  AppendBooks(body, books_, tickers, cut);
  AppendCursor(body, page, tickers);
  body += '}';
  return Respond(std::move(body));
}

HttpResponse RestApi::GetMarkets(std::string_view query) const {
  const auto parsed = kalshi::QueryString::Parse(query);
  kalshi::ParameterReader reader("GetMarkets", parsed);
  Page page;
  page.Read(reader);
  page.prefix = reader.Text("prefix");
  if (!page.prefix.empty() && !IsTicker(page.prefix)) {
    reader.Fail("prefix", "is not the beginning of a ticker");
  }
  if (reader.error()) return Refuse(*reader.error());
  const auto tickers = books_.Tickers(page.prefix, page.cursor, page.limit);
  std::string body = R"({"markets":)";
  AppendList(body, tickers, AppendText);
  AppendCursor(body, page, tickers);
  body += '}';
  return Respond(std::move(body));
}

HttpResponse RestApi::GetStats() const {
  const std::vector<PartitionView> partitions = books_.Partitions();
  BookStatistics sum;
  for (const PartitionView& partition : partitions) sum.Add(partition.statistics);
  std::string body = "{";
  AppendStatistics(body, sum);
  absl::StrAppendFormat(&body, R"(,"lag_messages":%d,"topic_partitions":%d,"partitions":)", lag_(),
                        books_.partition_count());
  AppendList(body, partitions, [](std::string& out, const PartitionView& partition) {
    absl::StrAppendFormat(&out, R"({"partition":%d,"read_up":%s,)", partition.number,
                          partition.read_up ? "true" : "false");
    AppendStatistics(out, partition.statistics);
    out += '}';
  });
  body += '}';
  return Respond(std::move(body));
}

HttpResponse RestApi::GetVenueBook(std::string_view ticker, std::string_view query) const {
  const auto parsed = kalshi::DecodeOrderBookQuery(query);
  if (!parsed.ok()) return Refuse(parsed.error());
  const std::size_t depth =
      parsed->depth == 0 ? kLevelCountMax : static_cast<std::size_t>(parsed->depth);
  const auto found = ReadBook(books_, ticker, {depth, {}});
  if (const auto* error = std::get_if<kalshi::Error>(&found)) return Refuse(*error);
  const auto& view = std::get<BookView>(found);
  if (view.doubt != Doubt::kNone) {
    return Refuse(kalshi::MakeError(kInDoubt, ToString(view.doubt)));
  }
  kalshi::OrderBookResponse response;
  response.book = ToVenueBook(view);
  return Respond(kalshi::EncodeJson(response));
}

}  // namespace evx::order_book_rebuilder
