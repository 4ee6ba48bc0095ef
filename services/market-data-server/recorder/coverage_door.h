#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "coverage_report.h"
#include "evx/core/clock.h"
#include "evx/net/http_message.h"
#include "evx/net/http_responder.h"

namespace evx::market_data {

// GET /api/admin/coverage: islands and gaps of each recorded market, read from the recording at
// about a microsecond a frame. Everything is bounded:
//
//   from, until  RFC 3339; the last hour before `until`, and now, where they are absent; at most
//                kSpanMax apart, and at most kFramesMax frames between them: 400
//   market       the only one
//   sequence     contiguous (as a recorder's is) or rising, see evx/recording/coverage.h
//   limit        markets, 1..1000, 100 where it is absent; `cursor` of an answer goes on behind it
//   islands      of each market, the newest 1..1000; 100 where it is absent
//
// Answers are CoverageJson's (coverage_report.h). 404 without a recording. One is read at a time,
// on a thread of its own; 503 while kWaitingMax wait. Thread-safe.
class CoverageDoor {
 public:
  static constexpr std::string_view kPath = "/api/admin/coverage";
  static constexpr absl::Duration kSpanMax = absl::Hours(24);
  static constexpr std::uint64_t kFramesMax = 20'000'000;
  static constexpr std::size_t kWaitingMax = 8;

  // `folder` is empty where nothing is recorded. `clock` must outlive the door.
  CoverageDoor(std::string folder, const Clock& clock);
  // What waits is not answered any more: 500.
  ~CoverageDoor();
  CoverageDoor(const CoverageDoor&) = delete;
  CoverageDoor& operator=(const CoverageDoor&) = delete;

  void Handle(const net::HttpRequest& request, net::HttpResponder responder);

 private:
  struct Question {
    CoverageRange range;
    CoveragePage page;
    net::HttpResponder responder;
  };

  void Run();

  const std::string folder_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Question> questions_ ABSL_GUARDED_BY(mutex_);
  bool stops_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace evx::market_data
