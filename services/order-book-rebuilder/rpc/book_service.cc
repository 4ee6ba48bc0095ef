#include "rpc/book_service.h"

#include <grpcpp/support/server_callback.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "evx/core/status.h"
#include "evx/rpc/status.h"
#include "evx/rpc/wire_time.h"
#include "fold/book_message.h"
#include "live/book_messages.h"
#include "rpc/book_stream.h"

namespace evx::order_book_rebuilder {
namespace {

namespace pb = rebuild::v1;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

constexpr int kBatchCountMax = 100;
constexpr int kPageSizeMax = 1'000;
constexpr int kPageSizeDefault = 100;
constexpr int kStreamTickersMax = 10'000;
constexpr int kStreamPrefixesMax = 100;

// ---- Requests

absl::Status CheckTicker(std::string_view field, std::string_view ticker) {
  if (IsTicker(ticker)) return absl::OkStatus();
  return InvalidArgument(absl::StrCat(ToAbsl(field), " of ", ticker.size(),
                                      " bytes is no ticker: 1 to ", kTickerSizeMax,
                                      " visible ASCII characters"));
}

absl::StatusOr<std::size_t> ReadDepth(std::int32_t depth) {
  if (depth < 0 || static_cast<std::size_t>(depth) > kLevelCountMax) {
    return InvalidArgument(absl::StrCat("depth ", depth, " is not between 0 and ", kLevelCountMax));
  }
  return depth == 0 ? kLevelCountMax : static_cast<std::size_t>(depth);
}

// Which part of a book, and of when.
struct Cut {
  std::size_t depth = kLevelCountMax;
  std::optional<Timestamp> at;
};

template <class Request>
absl::StatusOr<Cut> ReadCut(const Request& request, const Clock& clock) {
  Cut cut;
  EVX_ASSIGN_OR_RETURN(cut.depth, ReadDepth(request.depth()));
  if (!request.has_time()) return cut;
  EVX_ASSIGN_OR_RETURN(cut.at, rpc::ReadTime("time", request.time()));
  if (*cut.at > clock.Now()) {
    return InvalidArgument(absl::StrCat("time ", FormatRfc3339(*cut.at), " lies in the future"));
  }
  return cut;
}

absl::StatusOr<std::vector<feed::Subject>> ReadSubjects(const pb::StreamBooksRequest& request) {
  if (request.market_tickers_size() > kStreamTickersMax) {
    return InvalidArgument(absl::StrCat(request.market_tickers_size(),
                                        " market_tickers are more than ", kStreamTickersMax));
  }
  if (request.prefixes_size() > kStreamPrefixesMax) {
    return InvalidArgument(
        absl::StrCat(request.prefixes_size(), " prefixes are more than ", kStreamPrefixesMax));
  }
  if (!pb::StreamDetail_IsValid(request.detail())) {
    return InvalidArgument(
        absl::StrCat("detail ", static_cast<int>(request.detail()), " is none that is known"));
  }
  const feed::ChannelMask channels =
      request.detail() == pb::STREAM_DETAIL_TOPS ? kTopChannel : kBookChannel;
  std::vector<feed::Subject> subjects;
  for (const std::string& ticker : request.market_tickers()) {
    EVX_RETURN_IF_ERROR(CheckTicker("one of market_tickers", ticker));
    subjects.push_back({ticker, false, channels});
  }
  for (const std::string& prefix : request.prefixes()) {
    EVX_RETURN_IF_ERROR(CheckTicker("one of prefixes", prefix));
    subjects.push_back({prefix, true, channels});
  }
  if (subjects.empty()) subjects.push_back({"", true, channels});
  return subjects;
}

// ---- Books

struct Missing {
  pb::MissingReason reason;
  absl::Status status;
};

// A book that there is, in doubt or not.
std::variant<BookView, Missing> ReadBook(const RebuiltBooks& books, const std::string& ticker,
                                         const Cut& cut) {
  auto view = cut.at ? books.ReadAt(ticker, cut.depth, *cut.at) : books.Read(ticker, cut.depth);
  if (!view.ok()) {
    const pb::MissingReason reason = absl::IsUnavailable(view.status())
                                         ? pb::MISSING_REASON_IN_TRANSIT
                                         : pb::MISSING_REASON_NOT_FOUND;
    return Missing{reason, view.status()};
  }
  if (view->doubt == Doubt::kNoSnapshot) {
    return Missing{pb::MISSING_REASON_NO_SNAPSHOT,
                   Unavailable("no snapshot of this market has come yet")};
  }
  return *std::move(view);
}

// A stream that is refused.
class RefusedStream final : public grpc::ServerWriteReactor<pb::StreamBooksResponse> {
 public:
  explicit RefusedStream(const absl::Status& status) { Finish(rpc::ToGrpc(status)); }
  void OnDone() override { delete this; }
};

class BookService final : public pb::BookService::CallbackService {
 public:
  BookService(const RebuiltBooks& books, const Clock& clock, LiveDoor& live)
      : books_(books), clock_(clock), live_(live) {}

  ServerUnaryReactor* GetBook(CallbackServerContext* context, const pb::GetBookRequest* request,
                              pb::GetBookResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      EVX_RETURN_IF_ERROR(CheckTicker("market_ticker", request->market_ticker()));
      EVX_ASSIGN_OR_RETURN(const Cut cut, ReadCut(*request, clock_));
      const auto found = ReadBook(books_, request->market_ticker(), cut);
      if (const auto* missing = std::get_if<Missing>(&found)) return missing->status;
      Fill(std::get<BookView>(found), *response->mutable_book());
      return absl::OkStatus();
    });
  }

  ServerUnaryReactor* BatchGetBooks(CallbackServerContext* context,
                                    const pb::BatchGetBooksRequest* request,
                                    pb::BatchGetBooksResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      const int count = request->market_tickers_size();
      if (count < 1 || count > kBatchCountMax) {
        return InvalidArgument(
            absl::StrCat(count, " market_tickers; 1 to ", kBatchCountMax, " are allowed"));
      }
      EVX_ASSIGN_OR_RETURN(const Cut cut, ReadCut(*request, clock_));
      for (const std::string& ticker : request->market_tickers()) {
        EVX_RETURN_IF_ERROR(CheckTicker("one of market_tickers", ticker));
      }
      for (const std::string& ticker : request->market_tickers()) {
        const auto found = ReadBook(books_, ticker, cut);
        if (const auto* missing = std::get_if<Missing>(&found)) {
          if (absl::IsDataLoss(missing->status)) return missing->status;
          pb::MissingBook& out = *response->add_missing_books();
          out.set_market_ticker(ticker);
          out.set_reason(missing->reason);
        } else {
          Fill(std::get<BookView>(found), *response->add_books());
        }
      }
      return absl::OkStatus();
    });
  }

  ServerUnaryReactor* ListBooks(CallbackServerContext* context, const pb::ListBooksRequest* request,
                                pb::ListBooksResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      if (!request->prefix().empty()) EVX_RETURN_IF_ERROR(CheckTicker("prefix", request->prefix()));
      if (!request->page_token().empty()) {
        EVX_RETURN_IF_ERROR(CheckTicker("page_token", request->page_token()));
      }
      Cut cut;
      EVX_ASSIGN_OR_RETURN(cut.depth, ReadDepth(request->depth()));
      if (request->page_size() < 0 || request->page_size() > kPageSizeMax) {
        return InvalidArgument(absl::StrCat("page_size ", request->page_size(),
                                            " is not between 0 and ", kPageSizeMax));
      }
      const auto size = static_cast<std::size_t>(request->page_size() == 0 ? kPageSizeDefault
                                                                           : request->page_size());
      const auto tickers = books_.Tickers(request->prefix(), request->page_token(), size);
      for (const std::string& ticker : tickers) {
        const auto found = ReadBook(books_, ticker, cut);
        if (const auto* view = std::get_if<BookView>(&found)) Fill(*view, *response->add_books());
      }
      if (tickers.size() == size) response->set_next_page_token(tickers.back());
      return absl::OkStatus();
    });
  }

  grpc::ServerWriteReactor<pb::StreamBooksResponse>* StreamBooks(
      CallbackServerContext*, const pb::StreamBooksRequest* request) override {
    auto subjects = ReadSubjects(*request);
    if (!subjects.ok()) return new RefusedStream(subjects.status());
    return new BookStream(live_, *std::move(subjects));
  }

 private:
  template <class Call>
  static ServerUnaryReactor* Answer(CallbackServerContext* context, const Call& call) {
    ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(rpc::ToGrpc(call()));
    return reactor;
  }

  const RebuiltBooks& books_;
  const Clock& clock_;
  LiveDoor& live_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeBookService(const RebuiltBooks& books, const Clock& clock,
                                               LiveDoor& live) {
  return std::make_unique<BookService>(books, clock, live);
}

}  // namespace evx::order_book_rebuilder
