#include "rest/rest_faults.h"

#include <memory>
#include <utility>
#include <vector>

#include "evx/core/check.h"
#include "evx/kalshi/error_body.h"

namespace evx::mock_kalshi {
namespace {

net::HttpResponse UnavailableResponse(int status) {
  kalshi::Error error = kalshi::MakeError(status == 500 ? kalshi::error::kInternal
                                                        : kalshi::error::kServiceUnavailable);
  error.http_status = status;
  net::HttpResponse response;
  response.status = status;
  response.body = kalshi::ErrorBody(error);
  return response;
}

net::HttpResponse Withheld() {
  net::HttpResponse response;
  response.withheld = true;
  return response;
}

// Stands between the handler and the connection for one answer.
class SpoilingSink final : public net::HttpResponseSink {
 public:
  SpoilingSink(const RequestFault& fault, net::HttpResponder responder, FaultInjector& faults)
      : fault_(fault), responder_(std::move(responder)), faults_(faults) {}

  void Complete(net::HttpRequestKey, net::HttpResponse response) override {
    if (fault_.kind == FaultKind::kUnavailableExecuted) {
      response = UnavailableResponse(fault_.status);
    } else if (fault_.kind == FaultKind::kDisconnectExecuted) {
      response = Withheld();
    }
    faults_.delays().Post(fault_.answer_hold, [responder = std::move(responder_),
                                               response = std::move(response)]() mutable {
      responder.Send(std::move(response));
    });
  }
  void CompleteAll(std::vector<net::HttpCompletion>& completions) override {
    for (net::HttpCompletion& completion : completions) {
      Complete(completion.key, std::move(completion.response));
    }
    completions.clear();
  }
  // The responder that goes answers for itself.
  void Abandon(net::HttpRequestKey) override { responder_ = net::HttpResponder(); }

 private:
  const RequestFault fault_;
  net::HttpResponder responder_;
  FaultInjector& faults_;
};

}  // namespace

void RefuseAsFault(const RequestFault& fault, net::HttpResponder responder) {
  EVX_CHECK(fault.refuses());
  if (fault.kind == FaultKind::kDisconnect) return responder.Send(Withheld());
  if (fault.kind == FaultKind::kUnavailable) {
    return responder.Send(UnavailableResponse(fault.status));
  }
  const kalshi::Error error = kalshi::MakeError(kalshi::error::kTooManyRequests);
  net::HttpResponse response;
  response.status = error.http_status;
  response.body = kalshi::ErrorBody(error);
  responder.Send(std::move(response));
}

net::HttpResponder SpoiledBy(const RequestFault& fault, net::HttpResponder responder,
                             FaultInjector& faults) {
  if (!fault.spoils_answer() && fault.answer_hold == absl::ZeroDuration()) return responder;
  auto sink = std::make_shared<SpoilingSink>(fault, std::move(responder), faults);
  return net::HttpResponder(std::move(sink), {});
}

}  // namespace evx::mock_kalshi
