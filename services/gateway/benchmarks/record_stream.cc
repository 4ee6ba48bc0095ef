// What the gateway would tell one page: news come in with their times, the frames of the real
// StreamHub go out with theirs. The time is that of the news, so ten minutes take seconds.
//
// Standard input and output hold records: time in nanoseconds (int64) and size (uint32), both
// little endian, then so many bytes of a ServerMessage. News name their stream; those of time 0 are
// the states, and of these streams everything is told. A state comes again every two seconds, for
// pages that begin later.

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evx/core/check.h"
#include "stream/stream_hub.h"

namespace evx::gateway {
namespace {

constexpr std::int64_t kStateEveryNanos = 2'000'000'000;
constexpr std::uint32_t kBytesMax = 64U << 20;

static_assert(std::endian::native == std::endian::little);

struct News {
  std::int64_t nanos = 0;
  v1::ServerMessage message;
};

// Nothing: the input is over.
std::optional<News> ReadNews() {
  News news;
  std::uint32_t size = 0;
  if (std::fread(&news.nanos, sizeof news.nanos, 1, stdin) != 1) return std::nullopt;
  EVX_CHECK(std::fread(&size, sizeof size, 1, stdin) == 1 && size <= kBytesMax);
  std::string bytes(size, '\0');
  EVX_CHECK(size == 0 || std::fread(bytes.data(), size, 1, stdin) == 1);
  EVX_CHECK(news.message.ParseFromString(bytes));
  return news;
}

// Writes what it is sent; of a page that only wants states, nothing else.
class Recorder final : public StreamSink {
 public:
  explicit Recorder(bool wants_changes) : wants_changes_(wants_changes) {}

  bool Send(const Frame& frame) override {
    v1::ServerMessage message;
    EVX_CHECK(message.ParseFromString(frame.binary()));
    if (wants_changes_ || message.has_initial_state()) Write(frame.binary());
    return true;
  }
  std::size_t unsent_bytes() const override { return 0; }
  void Cut(std::string_view) override { EVX_CHECK(false); }

  std::int64_t now = 0;

 private:
  void Write(const std::string& bytes) const {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    EVX_CHECK(std::fwrite(&now, sizeof now, 1, stdout) == 1);
    EVX_CHECK(std::fwrite(&size, sizeof size, 1, stdout) == 1);
    EVX_CHECK(std::fwrite(bytes.data(), size, 1, stdout) == 1);
  }

  const bool wants_changes_;
};

StreamNews ToStreamNews(v1::ServerMessage message) {
  std::string stream = message.stream();
  message.clear_stream();
  if (message.has_initial_state()) return {std::move(stream), message.initial_state()};
  return {std::move(stream), std::move(message)};
}

class Recording {
 public:
  Recording() : hub_(Options()) {
    page_ = &hub_.Add(frames_);
    late_page_ = &hub_.Add(states_);
  }

  ~Recording() {
    hub_.Remove(*page_, now_);
    hub_.Remove(*late_page_, now_);
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  void Publish(News news) {
    if (news.nanos == 0) streams_.push_back(news.message.stream());
    if (news.nanos > 0 && !is_begun_) Begin();
    Go(news.nanos);
    std::vector<StreamNews> all;
    all.push_back(ToStreamNews(std::move(news.message)));
    hub_.Publish(all, now_);
  }

 private:
  static StreamHub::Options Options() {
    StreamHub::Options options;
    options.knows = [](std::string_view) { return true; };
    options.on_wanted = [](const std::string&) {};
    options.on_unwanted = [](const std::string&) {};
    return options;
  }

  void Begin() {
    is_begun_ = true;
    for (const auto& stream : streams_) {
      EVX_CHECK(hub_.Subscribe(*page_, stream, 0, 0, now_).ok());
    }
  }

  // Tells what is due until `nanos`.
  void Go(std::int64_t nanos) {
    EVX_CHECK(nanos >= now_);
    while (true) {
      const auto due = hub_.next_due();
      const bool is_due = due.has_value() && *due <= nanos;
      if (next_states_ <= nanos && (!is_due || next_states_ <= *due)) {
        SetNow(next_states_);
        WriteStates();
      } else if (is_due) {
        SetNow(*due);
        hub_.Turn(now_);
      } else {
        break;
      }
    }
    SetNow(nanos);
  }

  void WriteStates() {
    next_states_ += kStateEveryNanos;
    for (const auto& stream : streams_) {
      EVX_CHECK(hub_.Subscribe(*late_page_, stream, 0, 0, now_).ok());
      hub_.Unsubscribe(*late_page_, stream, now_);
    }
  }

  void SetNow(std::int64_t nanos) {
    now_ = nanos > now_ ? nanos : now_;
    frames_.now = now_;
    states_.now = now_;
  }

  Recorder frames_{true};
  Recorder states_{false};
  StreamHub hub_;
  StreamClient* page_ = nullptr;
  StreamClient* late_page_ = nullptr;
  std::vector<std::string> streams_;
  bool is_begun_ = false;
  std::int64_t now_ = 0;
  std::int64_t next_states_ = kStateEveryNanos;
};

int Main() {
  Recording recording;
  while (auto news = ReadNews()) recording.Publish(std::move(*news));
  EVX_CHECK(std::fflush(stdout) == 0);
  return 0;
}

}  // namespace
}  // namespace evx::gateway

int main() { return evx::gateway::Main(); }
