#include "recorder/coverage_door.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "evx/kalshi/query.h"
#include "json_error.h"

namespace evx::market_data {
namespace {

constexpr absl::Duration kSpanDefault = absl::Hours(1);
constexpr int kCountDefault = 100;
constexpr int kCountMax = 1'000;

absl::StatusOr<std::size_t> CountOf(const kalshi::QueryString& query, std::string_view name) {
  int count = kCountDefault;
  const auto text = query.Get(name);
  if (text && (!absl::SimpleAtoi(ToAbsl(*text), &count) || count < 1 || count > kCountMax)) {
    return InvalidArgument(absl::StrFormat("%s must be 1..%d", name, kCountMax));
  }
  return static_cast<std::size_t>(count);
}

// Not before 1970: two of them have a distance.
absl::StatusOr<Timestamp> TimeOf(const kalshi::QueryString& query, std::string_view name,
                                 Timestamp otherwise) {
  const auto text = query.Get(name);
  if (!text) return otherwise;
  const absl::StatusOr<Timestamp> time = ParseRfc3339(*text);
  if (!time.ok() || *time < Timestamp()) {
    return InvalidArgument(
        absl::StrFormat("%s must be a time since 1970 as 2026-08-10T22:45:00Z", name));
  }
  return time;
}

absl::StatusOr<CoverageRange> RangeOf(const kalshi::QueryString& query, const std::string& folder,
                                      Timestamp now) {
  CoverageRange range;
  range.folder = folder;
  range.frame_count_max = CoverageDoor::kFramesMax;
  EVX_ASSIGN_OR_RETURN(range.until, TimeOf(query, "until", now));
  EVX_ASSIGN_OR_RETURN(range.from, TimeOf(query, "from", range.until + -kSpanDefault));
  if (range.from >= range.until || range.until - range.from > CoverageDoor::kSpanMax) {
    return InvalidArgument("from must be before until, by at most 24 hours");
  }
  const std::string_view sequence = query.Get("sequence").value_or("contiguous");
  if (sequence != "contiguous" && sequence != "rising") {
    return InvalidArgument("sequence must be contiguous or rising");
  }
  range.is_contiguous = sequence != "rising";
  return range;
}

absl::StatusOr<CoveragePage> PageOf(const kalshi::QueryString& query) {
  CoveragePage page;
  page.market = query.Get("market").value_or("");
  page.after = query.Get("cursor").value_or("");
  EVX_ASSIGN_OR_RETURN(page.market_count_max, CountOf(query, "limit"));
  EVX_ASSIGN_OR_RETURN(page.island_count_max, CountOf(query, "islands"));
  return page;
}

net::HttpResponse AnswerTo(const CoverageRange& range, const CoveragePage& page) {
  const absl::StatusOr<CoverageScan> scan = ScanCoverage(range);
  if (absl::IsResourceExhausted(scan.status())) {
    return JsonError(400, "too_many_frames", MessageOf(scan.status()));
  }
  if (absl::IsNotFound(scan.status())) {
    return JsonError(404, "not_recorded", "nothing has been recorded yet");
  }
  if (!scan.ok()) return JsonError(503, "unreadable", MessageOf(scan.status()));
  net::HttpResponse response;
  response.body = CoverageJson(scan->coverage, page, scan->report.damages);
  return response;
}

}  // namespace

CoverageDoor::CoverageDoor(std::string folder, const Clock& clock)
    : folder_(std::move(folder)), clock_(clock), thread_([this] { Run(); }) {}

CoverageDoor::~CoverageDoor() {
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void CoverageDoor::Handle(const net::HttpRequest& request, net::HttpResponder responder) {
  if (request.method() != net::HttpMethod::kGet && request.method() != net::HttpMethod::kHead) {
    net::HttpResponse response = JsonError(405, "method_not_allowed", "only GET and HEAD");
    response.headers.push_back({"Allow", "GET, HEAD"});
    return responder.Send(std::move(response));
  }
  if (folder_.empty()) {
    return responder.Send(
        JsonError(404, "not_recorded", "nothing is recorded; --recording_dir names a folder"));
  }
  const auto query = kalshi::QueryString::Parse(request.query());
  absl::StatusOr<CoverageRange> range = RangeOf(query, folder_, clock_.Now());
  absl::StatusOr<CoveragePage> page = PageOf(query);
  const absl::Status status = range.ok() ? page.status() : range.status();
  if (!status.ok()) return responder.Send(JsonError(400, "bad_parameter", MessageOf(status)));
  {
    const std::lock_guard lock(mutex_);
    if (questions_.size() < kWaitingMax) {
      questions_.push_back({*std::move(range), *std::move(page), std::move(responder)});
    }
  }
  if (responder) {
    return responder.Send(JsonError(503, "busy", "others wait for reports already; ask again"));
  }
  changed_.notify_one();
}

void CoverageDoor::Run() {
  while (true) {
    Question question;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stops_ || !questions_.empty(); });
      if (stops_) return;
      question = std::move(questions_.front());
      questions_.pop_front();
    }
    question.range.should_stop = [this] {
      const std::lock_guard lock(mutex_);
      return stops_;
    };
    question.responder.Send(AnswerTo(question.range, question.page));
  }
}

}  // namespace evx::market_data
