#include "evx/net/http_responder.h"

#include <utility>

#include "evx/core/check.h"

namespace evx::net {

void HttpResponseSink::Accept(HttpRequestKey, const HttpRequest&,
                              std::unique_ptr<WebSocketSession> session) {
  session->OnClose();
}

HttpResponder& HttpResponder::operator=(HttpResponder&& other) {
  if (this != &other) {
    if (sink_) sink_->Abandon(key_);
    sink_ = std::move(other.sink_);
    key_ = other.key_;
  }
  return *this;
}

HttpResponder::~HttpResponder() {
  if (sink_) sink_->Abandon(key_);
}

void HttpResponder::Send(HttpResponse response) {
  EVX_CHECK(sink_ != nullptr);  // Each request is answered once.
  std::exchange(sink_, nullptr)->Complete(key_, std::move(response));
}

void HttpResponder::Accept(const HttpRequest& request, std::unique_ptr<WebSocketSession> session) {
  EVX_CHECK(sink_ != nullptr);
  std::exchange(sink_, nullptr)->Accept(key_, request, std::move(session));
}

void HttpResponseBatch::Add(HttpResponder responder, HttpResponse response) {
  EVX_CHECK(responder.sink_ != nullptr);
  std::shared_ptr<HttpResponseSink> sink = std::move(responder.sink_);
  for (Group& group : groups_) {
    if (group.sink == sink) {
      group.completions.push_back({responder.key_, std::move(response)});
      return;
    }
  }
  Group& group = groups_.emplace_back();
  group.sink = std::move(sink);
  group.completions.push_back({responder.key_, std::move(response)});
}

void HttpResponseBatch::Flush() {
  for (Group& group : groups_) {
    if (!group.completions.empty()) group.sink->CompleteAll(group.completions);
  }
}

}  // namespace evx::net
