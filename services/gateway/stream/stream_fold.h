#pragma once

#include <memory>
#include <string_view>

#include "evx/gateway/v1/gateway_messages.pb.h"
#include "stream/stream_name.h"

namespace evx::gateway {

// The state of a stream and what of it is new since it was last told. What it takes and tells:
//
//   stream       takes                                         tells
//   markets      MarketsUpdate; prices older than known are     each changed market once
//                dropped
//   book         BookUpdate; is_whole, then the whole book     each changed level once
//   trades       Trades; those known by their id are dropped   all of them
//   portfolio    PortfolioUpdate                               as it was taken
//   health       Health, the whole                             the newest
//   log          Log                                           all lines
//   player       Player, the whole                             the newest
//
// A change says what is true behind it, so a state may already hold what the next change tells,
// except of trades, portfolio and log: these tell their news before anything else is asked.
// Not thread-safe.
class StreamFold {
 public:
  virtual ~StreamFold() = default;

  // False: nothing is known yet, and State is not to be called.
  virtual bool has_state() const = 0;
  virtual void Set(const v1::InitialState& state) = 0;
  // A payload of another stream is a bug.
  virtual void Apply(const v1::ServerMessage& change) = 0;
  virtual bool has_news() const = 0;
  // Fills the payload and forgets that it is new.
  virtual void TakeNews(v1::ServerMessage& message) = 0;
  virtual void DropNews() = 0;
  virtual void State(v1::InitialState& state) const = 0;
};

// The fold of a stream, empty.
std::unique_ptr<StreamFold> MakeFold(const StreamName& name);

}  // namespace evx::gateway
