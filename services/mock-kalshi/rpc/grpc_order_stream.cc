#include "rpc/grpc_order_stream.h"

#include <grpcpp/alarm.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "rpc/grpc_errors.h"
#include "rpc/grpc_faults.h"
#include "rpc/grpc_order_commands.h"

namespace evx::mock_kalshi {
namespace {

namespace pb = exchange::v1;

// Between looks at the key of an open stream.
constexpr auto kAccessInterval = std::chrono::milliseconds(400);

// Tells streams apart for faults; the first bit keeps them from hashes of single calls' peers.
std::uint64_t NextStreamNumber() {
  static std::atomic<std::uint64_t> next = 0;
  return (std::uint64_t{1} << 63) | next.fetch_add(1, std::memory_order_relaxed);
}

// How commands and answers lie in messages: alone, or several together.
struct Single {
  using Reactor = OrderStreamReactor;
  using Request = pb::OrderStreamRequest;
  using Response = pb::OrderStreamResponse;
  static int CommandCount(const Request&) { return 1; }
  static const pb::OrderStreamRequest& Command(const Request& request, int) { return request; }
  // The first of the answers, or the first few.
  static void Take(std::deque<pb::OrderStreamResponse>& answers, Response& response) {
    response = std::move(answers.front());
    answers.pop_front();
  }
};
struct Batch {
  using Reactor = OrderBatchStreamReactor;
  using Request = pb::OrderBatchStreamRequest;
  using Response = pb::OrderBatchStreamResponse;
  static int CommandCount(const Request& request) { return request.commands_size(); }
  static const pb::OrderStreamRequest& Command(const Request& request, int i) {
    return request.commands(i);
  }
  static void Take(std::deque<pb::OrderStreamResponse>& answers, Response& response) {
    response.clear_answers();
    for (pb::OrderStreamResponse& answer : answers) *response.add_answers() = std::move(answer);
    answers.clear();
  }
};

// Life: reads while fewer than the maximum is under way; every command ends in one answer, whether
// the exchange took it, refused it or never saw it; answers are written one after the other. The
// stream finishes once nothing more can be read, nothing is under way and nothing is left to write,
// or once it was canceled and nothing is under way. Once the key has lost its access it does not
// wait for another message of the client.
template <class Packing>
class OrderStream final : public Packing::Reactor {
 public:
  OrderStream(const ExchangeContext& context, const GrpcGate& gate, ReplyThread& replies,
              GrpcCaller caller)
      : context_(context), gate_(gate), replies_(replies), caller_(std::move(caller)) {
    // By themselves: with a first answer that may wait for the next they would wait as well, and
    // with them the answer, as gRPC tells that it is written only once they are.
    this->StartSendInitialMetadata();
    reading_ = true;
    this->StartRead(&request_);
    const std::lock_guard lock(mutex_);
    Watch();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return EndReading(std::nullopt);
    {
      const std::lock_guard lock(mutex_);
      if (finished_) return;
      handling_ = true;
    }
    if (Packing::CommandCount(request_) > kOrderStreamCommandCountMax) {
      return EndReading(grpc::Status(
          grpc::StatusCode::INVALID_ARGUMENT,
          absl::StrFormat("commands: %d in one message, at most %d",
                          Packing::CommandCount(request_), kOrderStreamCommandCountMax)));
    }
    next_ = 0;
    HandleRest();
  }

  void OnWriteDone(bool ok) override {
    Step([this, ok] {
      writing_ = false;
      canceled_ = canceled_ || !ok;
    });
  }

  void OnCancel() override {
    Step([this] { canceled_ = true; });
  }

  void OnDone() override { delete this; }

 private:
  // Runs `change` under the lock, then starts whatever the new state asks for.
  template <class Change>
  void Step(Change change) {
    bool read = false;
    bool write = false;
    bool last = false;
    bool finish = false;
    {
      const std::lock_guard lock(mutex_);
      change();
      if (canceled_) {
        no_more_ = true;
        out_.clear();
      }
      const auto open = static_cast<int>(out_.size()) + under_way_;
      if (!no_more_ && !reading_ && open < kOrderStreamCommandCountMax) read = reading_ = true;
      if (!writing_ && !out_.empty()) {
        write = writing_ = true;
        Packing::Take(out_, response_);
        last = out_.empty();
      }
      if (IsOver()) {
        // The alarm's call comes in any case, and is the last step then.
        if (watching_) alarm_.Cancel();
        finish = finished_ = !watching_;
      }
    }
    if (read) this->StartRead(&request_);
    if (write) {
      grpc::WriteOptions options;
      if (!last) options.set_buffer_hint();
      this->StartWrite(&response_, options);
    }
    if (finish) this->Finish(status_);
  }

  // Under the lock. `scheduled_` keeps the stream alive for work that was posted.
  bool IsOver() const {
    const bool reads = access_ended_ ? handling_ : reading_;
    return no_more_ && !reads && !writing_ && !scheduled_ && under_way_ == 0 && out_.empty() &&
           !finished_;
  }

  // Under the lock. The call never comes within Set.
  void Watch() {
    watching_ = true;
    alarm_.Set(std::chrono::system_clock::now() + kAccessInterval, [this](bool) {
      const bool is_good = gate_.IsStillGood(caller_);
      Step([this, is_good] {
        watching_ = false;
        if (!is_good && !finished_) EndAccess();
        if (!IsOver()) Watch();
      });
    });
  }

  void EndAccess() {
    access_ended_ = true;
    no_more_ = true;
    status_ = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "the key was revoked");
  }

  void EndReading(std::optional<grpc::Status> status) {
    Step([this, &status] {
      reading_ = handling_ = false;
      no_more_ = true;
      if (status) status_ = *std::move(status);
    });
  }

  // The commands of request_ from next_ on. One that a fault holds goes on with the rest later;
  // until then nothing is read.
  void HandleRest() {
    for (; next_ < Packing::CommandCount(request_); ++next_) {
      GrpcGate::NextRequest(caller_);
      if (!gate_.IsStillGood(caller_)) {
        return Step([this] {
          reading_ = handling_ = false;
          EndAccess();
        });
      }
      fault_ = context_.faults.OnRequest(FaultDoor::kGrpc, caller_.account(), number_, true);
      if (fault_.any()) {
        context_.faults.delays().Post(fault_.hold, [this] {
          HandleFaulty();
          ++next_;
          HandleRest();
        });
        return;
      }
      Handle(command());
    }
    Step([this] { reading_ = handling_ = false; });
  }

  const pb::OrderStreamRequest& command() const { return Packing::Command(request_, next_); }

  void HandleFaulty() {
    if (!fault_.refuses()) return Handle(command());
    if (fault_.kind == FaultKind::kDisconnect) {
      next_ = Packing::CommandCount(request_);
      return Disconnect();
    }
    Refuse(ToRefusal(kalshi::MakeError(fault_.kind == FaultKind::kTooManyRequests
                                           ? kalshi::error::kTooManyRequests
                                           : kalshi::error::kServiceUnavailable)));
  }

  void Disconnect() {
    const std::lock_guard lock(mutex_);
    no_more_ = true;
    status_ = StatusOf(FaultKind::kDisconnect);
  }

  void Handle(const pb::OrderStreamRequest& command) {
    switch (command.command_case()) {
      case pb::OrderStreamRequest::kCreateOrder:
        return Submit(command.create_order(), kDefaultCost,
                      [](pb::OrderStreamResponse& r) { return r.mutable_create_order(); });
      case pb::OrderStreamRequest::kCancelOrder:
        return Submit(command.cancel_order(), kCancelCost,
                      [](pb::OrderStreamResponse& r) { return r.mutable_cancel_order(); });
      case pb::OrderStreamRequest::kCancelAllOrders:
        return Submit(command.cancel_all_orders(), kCancelCost,
                      [](pb::OrderStreamResponse& r) { return r.mutable_cancel_all_orders(); });
      case pb::OrderStreamRequest::kAmendOrder:
        return Submit(command.amend_order(), kDefaultCost,
                      [](pb::OrderStreamResponse& r) { return r.mutable_amend_order(); });
      case pb::OrderStreamRequest::kDecreaseOrder:
        return Submit(command.decrease_order(), kDefaultCost,
                      [](pb::OrderStreamResponse& r) { return r.mutable_decrease_order(); });
      case pb::OrderStreamRequest::COMMAND_NOT_SET:
        break;
    }
    Refuse(ToRefusal(InvalidArgument("a command is needed")));
  }

  template <class Request, class Result>
  void Submit(const Request& request, std::int64_t cost, Result) {
    if (const auto over = gate_.Charge(caller_, RateBucket::kWrite, cost)) {
      return Refuse(ToRefusal(*over));
    }
    auto command = ToCommand(request, caller_.principal, context_);
    if (!command.ok()) return Refuse(ToRefusal(command.error()));
    {
      const std::lock_guard lock(mutex_);
      ++under_way_;
    }
    const std::int64_t request_id = this->command().request_id();
    // What fits into two words is not allocated.
    Completion done = [this, request_id](const Outcome& outcome) {
      Complete(AnswerOf<Result>(request_id, outcome));
    };
    if (fault_.any()) {
      done = [this, request_id, fault = fault_](const Outcome& outcome) {
        CompleteAsFault(AnswerOf<Result>(request_id, outcome), fault);
      };
    }
    const absl::Status queued =
        context_.sequencer.Submit(*std::move(command), caller_.meta, std::move(done));
    if (queued.ok()) return;
    {
      const std::lock_guard lock(mutex_);
      --under_way_;
    }
    Refuse(ToRefusal(queued));
  }

  // Result() gives the member of the answer that belongs to the command.
  template <class Result>
  pb::OrderStreamResponse AnswerOf(std::int64_t request_id, const Outcome& outcome) const {
    pb::OrderStreamResponse response;
    response.set_request_id(request_id);
    response.set_sequence_number(static_cast<std::int64_t>(outcome.sequence_number.value()));
    if (auto refusal = RefusalOf(outcome, context_.wire_ids)) {
      *response.mutable_refusal() = *std::move(refusal);
    } else {
      FillResponse(outcome, context_, *Result()(response));
    }
    return response;
  }

  // On the reading thread; the Step after Handle starts the write.
  void Refuse(pb::Refusal refusal) {
    pb::OrderStreamResponse response;
    response.set_request_id(command().request_id());
    *response.mutable_refusal() = std::move(refusal);
    const std::lock_guard lock(mutex_);
    out_.push_back(std::move(response));
  }

  void CompleteAsFault(pb::OrderStreamResponse response, const RequestFault& fault) {
    if (fault.kind == FaultKind::kUnavailableExecuted) {
      const std::int64_t request_id = response.request_id();
      response.Clear();
      response.set_request_id(request_id);
      *response.mutable_refusal() =
          ToRefusal(kalshi::MakeError(kalshi::error::kServiceUnavailable));
    }
    if (fault.kind == FaultKind::kDisconnectExecuted) Disconnect();
    context_.faults.delays().Post(
        fault.answer_hold, [this, fault, response = std::move(response)]() mutable {
          Complete(std::move(response), fault.kind != FaultKind::kDisconnectExecuted);
        });
  }

  // On the release thread: only keeps the answer; the reply thread does the rest.
  void Complete(pb::OrderStreamResponse response, bool is_sent = true) {
    bool post = false;
    {
      const std::lock_guard lock(mutex_);
      --under_way_;
      if (is_sent) out_.push_back(std::move(response));
      post = !scheduled_;
      scheduled_ = true;
    }
    if (!post) return;
    replies_.Post([this] { Step([this] { scheduled_ = false; }); });
  }

  const ExchangeContext& context_;
  const GrpcGate& gate_;
  ReplyThread& replies_;
  GrpcCaller caller_;
  const std::uint64_t number_ = NextStreamNumber();
  typename Packing::Request request_;    // Of the read under way, or being handled.
  int next_ = 0;                         // The command of request_ that is handled now,
  RequestFault fault_;                   // and its fault.
  typename Packing::Response response_;  // Being written while writing_.

  std::mutex mutex_;
  std::deque<pb::OrderStreamResponse> out_;  // To be written.
  int under_way_ = 0;                        // In the sequencer.
  bool reading_ = false;
  bool handling_ = false;      // What was read, while reading_.
  bool watching_ = false;      // The alarm is set, or its call is under way.
  bool access_ended_ = false;  // The key was revoked or its account disabled.
  bool writing_ = false;
  bool scheduled_ = false;
  bool no_more_ = false;
  bool canceled_ = false;
  bool finished_ = false;
  grpc::Status status_ = grpc::Status::OK;
  grpc::Alarm alarm_;
};

}  // namespace

OrderStreamReactor* OpenOrderStream(const ExchangeContext& context, const GrpcGate& gate,
                                    ReplyThread& replies, GrpcCaller caller) {
  return new OrderStream<Single>(context, gate, replies, std::move(caller));
}

OrderBatchStreamReactor* OpenOrderBatchStream(const ExchangeContext& context, const GrpcGate& gate,
                                              ReplyThread& replies, GrpcCaller caller) {
  return new OrderStream<Batch>(context, gate, replies, std::move(caller));
}

}  // namespace evx::mock_kalshi
