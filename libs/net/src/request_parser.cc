#include "request_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstdint>
#include <optional>

#include "absl/strings/str_format.h"

namespace evx::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastView = boost::beast::string_view;

std::string_view ToStd(BeastView text) { return {text.data(), text.size()}; }

HttpMethod FromVerb(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return HttpMethod::kGet;
    case http::verb::head:
      return HttpMethod::kHead;
    case http::verb::post:
      return HttpMethod::kPost;
    case http::verb::put:
      return HttpMethod::kPut;
    case http::verb::delete_:
      return HttpMethod::kDelete;
    case http::verb::patch:
      return HttpMethod::kPatch;
    case http::verb::options:
      return HttpMethod::kOptions;
    default:  // Beast knows thirty more; they are none of ours.
      return HttpMethod::kOther;
  }
}

bool IsVisibleAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool IsDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The origin form of a request target, or "" when it has none.
std::string_view OriginForm(HttpMethod method, std::string_view target) {
  if (target.empty() || !IsVisibleAscii(target)) return {};
  if (target.front() == '/') return target;
  if (target == "*") return method == HttpMethod::kOptions ? target : std::string_view();
  for (std::string_view scheme : {"http://", "https://"}) {
    if (target.size() > scheme.size() &&
        EqualsIgnoreCase(target.substr(0, scheme.size()), scheme)) {
      const std::size_t slash = target.find('/', scheme.size());
      return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
    }
  }
  return {};
}

// The request line is well-formed up to a version that is not spoken here.
bool NamesOtherVersion(std::string_view input) {
  const std::size_t method_end = input.find(' ');
  if (method_end == std::string_view::npos) return false;
  const std::size_t target_end = input.find(' ', method_end + 1);
  if (target_end == std::string_view::npos) return false;
  const std::string_view version = input.substr(target_end + 1, 8);
  return version.size() == 8 && version.substr(0, 5) == "HTTP/" && IsDigits(version.substr(5, 1)) &&
         version[6] == '.' && IsDigits(version.substr(7)) && version != "HTTP/1.0" &&
         version != "HTTP/1.1";
}

// What a header tells about the framing of its message.
struct Framing {
  int host_count = 0;
  int content_length_count = 0;
  int transfer_encoding_count = 0;
  bool transfer_encoding_is_chunked = false;
  bool expects_continue = false;
  bool has_other_expectation = false;
};

class BeastParser final : public http::basic_parser<true> {
 public:
  BeastParser(const RequestParser::Limits& limits, HttpRequest& request)
      : limits_(limits), request_(request) {
    body_limit(limits.body_bytes);
    // The header limit is held by RequestParser, over request line and fields together.
    header_limit(UINT32_MAX);
  }

  const Framing& framing() const { return framing_; }
  bool is_between_chunks() const { return chunked() && chunk_bytes_left_ == 0; }
  bool is_http10() const { return is_http10_; }
  int error_status() const { return error_status_; }
  const std::string& error_reason() const { return error_reason_; }

  void Refuse(int status, std::string reason) {
    error_status_ = status;
    error_reason_ = std::move(reason);
  }

  // Rules over the header as a whole, once Beast accepted each line of it.
  bool CheckHeader() {
    if (framing_.host_count > 1 || (framing_.host_count == 0 && !is_http10_)) {
      Refuse(400, "request needs exactly one Host header");
    } else if (framing_.content_length_count > 0 && framing_.transfer_encoding_count > 0) {
      Refuse(400, "both Content-Length and Transfer-Encoding");
    } else if (framing_.content_length_count > 1) {
      Refuse(400, "more than one Content-Length");
    } else if (framing_.transfer_encoding_count > 0 && is_http10_) {
      Refuse(400, "Transfer-Encoding in an HTTP/1.0 request");
    } else if (framing_.transfer_encoding_count > 1 ||
               (framing_.transfer_encoding_count == 1 && !framing_.transfer_encoding_is_chunked)) {
      Refuse(501, "transfer coding other than chunked");
    } else if (framing_.has_other_expectation) {
      Refuse(417, "expectation other than 100-continue");
    }
    return error_status_ == 0;
  }

 private:
  void on_request_impl(http::verb verb, BeastView method, BeastView target, int version,
                       error_code& ec) override {
    is_http10_ = version == 10;
    const HttpMethod known = FromVerb(verb);
    const std::string_view origin = OriginForm(known, ToStd(target));
    if (origin.empty()) {
      Refuse(400, "malformed request target");
      ec = http::error::bad_target;
      return;
    }
    request_.SetRequestLine(known, ToStd(method), origin);
  }

  void on_field_impl(http::field field, BeastView name, BeastView value, error_code& ec) override {
    if (is_header_complete_) return;  // A trailer must not pass for a header.
    if (request_.header_count() == limits_.header_count) {
      Refuse(431, absl::StrFormat("more than %d headers", limits_.header_count));
      ec = http::error::header_limit;
      return;
    }
    const std::string_view text = ToStd(value);
    switch (field) {
      case http::field::host:
        ++framing_.host_count;
        break;
      case http::field::content_length:
        ++framing_.content_length_count;
        if (!IsDigits(text)) ec = http::error::bad_content_length;
        break;
      case http::field::transfer_encoding:
        ++framing_.transfer_encoding_count;
        framing_.transfer_encoding_is_chunked = EqualsIgnoreCase(text, "chunked");
        break;
      case http::field::expect:
        if (EqualsIgnoreCase(text, "100-continue")) {
          framing_.expects_continue = !is_http10_;
        } else {
          framing_.has_other_expectation = true;
        }
        break;
      default:
        break;
    }
    request_.AddHeader(ToStd(name), text);
  }

  void on_header_impl(error_code&) override {
    is_header_complete_ = true;
    request_.set_wants_upgrade(upgrade());
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    // The declared length is only a promise: memory follows the bytes that really come.
    constexpr std::uint64_t kReservedMax = 64 * 1024;
    if (length) request_.ReserveBody(std::min(*length, kReservedMax));
  }
  std::size_t on_body_impl(BeastView body, error_code&) override {
    request_.AppendBody(ToStd(body));
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t size, BeastView, error_code&) override {
    chunk_bytes_left_ = size;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, error_code&) override {
    request_.AppendBody(ToStd(body));
    chunk_bytes_left_ -= body.size();
    return body.size();
  }
  void on_finish_impl(error_code&) override {}
  void on_response_impl(int, BeastView, int, error_code&) override {}

  const RequestParser::Limits& limits_;
  HttpRequest& request_;
  Framing framing_;
  bool is_http10_ = false;
  bool is_header_complete_ = false;
  std::uint64_t chunk_bytes_left_ = 0;
  int error_status_ = 0;
  std::string error_reason_;
};

}  // namespace

class RequestParser::Impl {
 public:
  Impl(const Limits& limits, HttpRequest& request) : limits_(limits), request_(request) { Reset(); }

  void Reset() {
    request_.Clear();
    beast_.emplace(limits_, request_);
    header_bytes_ = 0;
    started_ = false;
    header_checked_ = false;
  }

  Result Parse(std::string_view input) {
    std::size_t consumed = 0;
    if (!started_) {
      consumed = BlankLines(input);
      if (input.substr(consumed) == "\r" || consumed == input.size()) {
        return {consumed, Status::kNeedMore};
      }
      started_ = true;
    }
    while (true) {
      const std::string_view rest = input.substr(consumed);
      if (rest.empty()) return {consumed, Status::kNeedMore};
      const bool in_header = !beast_->is_header_done();
      const Step step = in_header ? PutHeader(rest) : PutBody(rest);
      consumed += step.consumed;
      if (step.status == Status::kComplete && in_header && !CheckHeader()) {
        return {consumed, Status::kError};
      }
      if (step.status != Status::kNeedMore || !step.progress) return {consumed, step.status};
    }
  }

  const BeastParser& beast() const { return *beast_; }
  bool started() const { return started_; }

 private:
  struct Step {
    std::size_t consumed;
    Status status;
    bool progress;
  };

  // An empty line before a request is ignored (RFC 9112, 2.2). One is left unread while it could
  // still be the first half of CR LF.
  static std::size_t BlankLines(std::string_view input) {
    std::size_t count = 0;
    while (input.size() - count >= 2 && input[count] == '\r' && input[count + 1] == '\n') {
      count += 2;
    }
    return count;
  }

  Step PutHeader(std::string_view rest) {
    const std::size_t allowed = limits_.header_bytes - header_bytes_;
    const std::string_view visible = rest.substr(0, allowed);
    error_code ec;
    const std::size_t consumed = beast_->put({visible.data(), visible.size()}, ec);
    header_bytes_ += consumed;
    if (ec == http::error::need_more) {
      // Everything that a header may hold was shown and it still has no end.
      if (visible.size() == allowed) {
        beast_->Refuse(431, absl::StrFormat("header larger than %d bytes", limits_.header_bytes));
        return {consumed, Status::kError, false};
      }
      return {consumed, Status::kNeedMore, false};
    }
    if (ec) return {consumed, Fail(ec, visible), false};
    if (!beast_->is_header_done()) return {consumed, Status::kNeedMore, consumed > 0};
    if (beast_->is_done()) return {consumed, Status::kComplete, true};
    if (!CheckHeader()) return {consumed, Status::kError, false};
    return {consumed, Status::kHeaderDone, true};
  }

  Step PutBody(std::string_view rest) {
    // Beast takes for granted that it first sees the last chunk, "0\r\n\r\n", with at least five
    // bytes; no valid message has fewer left between two chunks.
    constexpr std::size_t kLastChunkBytesMin = 5;
    if (beast_->is_between_chunks() && rest.size() < kLastChunkBytesMin) {
      return {0, Status::kNeedMore, false};
    }
    error_code ec;
    const std::size_t consumed = beast_->put({rest.data(), rest.size()}, ec);
    if (ec == http::error::need_more) {
      // Between chunks Beast wants the whole chunk header, or all trailers, in one piece.
      if (consumed == 0 && rest.size() >= limits_.header_bytes) {
        beast_->Refuse(431, absl::StrFormat("chunk header or trailers larger than %d bytes",
                                            limits_.header_bytes));
        return {consumed, Status::kError, false};
      }
      return {consumed, Status::kNeedMore, false};
    }
    if (ec) return {consumed, Fail(ec, rest), false};
    if (beast_->is_done()) return {consumed, Status::kComplete, true};
    return {consumed, Status::kNeedMore, true};
  }

  bool CheckHeader() {
    if (header_checked_) return true;
    header_checked_ = true;
    return beast_->CheckHeader();
  }

  Status Fail(const error_code& ec, std::string_view input) {
    if (beast_->error_status() != 0) return Status::kError;  // Said by one of the callbacks.
    if (ec == http::error::body_limit) {
      beast_->Refuse(413, absl::StrFormat("body larger than %d bytes", limits_.body_bytes));
    } else if (ec == http::error::bad_version) {
      const bool is_http = NamesOtherVersion(input);
      beast_->Refuse(is_http ? 505 : 400,
                     is_http ? "HTTP version is neither 1.0 nor 1.1" : "malformed request line");
    } else {
      beast_->Refuse(400, "malformed request: " + ec.message());
    }
    return Status::kError;
  }

  const Limits limits_;
  HttpRequest& request_;
  std::optional<BeastParser> beast_;
  std::size_t header_bytes_ = 0;
  bool started_ = false;
  bool header_checked_ = false;
};

RequestParser::RequestParser(const Limits& limits, HttpRequest& request)
    : impl_(std::make_unique<Impl>(limits, request)) {}
RequestParser::~RequestParser() = default;

RequestParser::Result RequestParser::Parse(std::string_view input) { return impl_->Parse(input); }
void RequestParser::Reset() { impl_->Reset(); }
bool RequestParser::started() const { return impl_->started(); }
bool RequestParser::header_done() const { return impl_->beast().is_header_done(); }
bool RequestParser::keep_alive() const { return impl_->beast().keep_alive(); }
bool RequestParser::is_http10() const { return impl_->beast().is_http10(); }
bool RequestParser::expects_continue() const { return impl_->beast().framing().expects_continue; }
int RequestParser::error_status() const { return impl_->beast().error_status(); }
std::string_view RequestParser::error_reason() const { return impl_->beast().error_reason(); }

}  // namespace evx::net
