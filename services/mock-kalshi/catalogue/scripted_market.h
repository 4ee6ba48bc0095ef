#pragma once

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "exchange/exchange_context.h"
#include "exchange/record.h"

namespace evx::mock_kalshi {

// The other side in market FIX_TEST, so that a client can test every kind of fill without a second
// account. The account `fix-test` acts by this script, seen from an order that rests there:
//
//   price $0.50            filled whole, in one trade
//   price $0.45 or $0.55   filled whole, one contract a trade (the last of 20 takes the rest)
//   price $0.40 or $0.60   half of it is filled (whole contracts), the rest stays
//   any other price        stays until it is canceled
//
// For takers it quotes 100,000 contracts bid at $0.05 and offered at $0.95, and puts back what was
// taken. Orders of clients at equal prices fill in their order of arrival, as everywhere.
//
// Works on the release thread: it only hands commands to the sequencer, and what does not fit into
// the queue is left out.
class ScriptedMarket final : public RecordListener {
 public:
  // Begins to act; does nothing where the market or the account is missing (an empty catalogue).
  // `context` must outlive this; this must be one of the sequencer's listeners.
  absl::Status Start(const ExchangeContext& context);

  void OnRecord(const ReleasedRecord& record) override;

 private:
  class Reader;

  void Quote(BookSide side, Quantity quantity) const;
  void Fill(BookSide resting_side, Price price, Quantity quantity) const;
  void Play(BookSide side, Price price, Quantity resting) const;

  const ExchangeContext* context_ = nullptr;
  std::atomic<std::uint32_t> market_ = 0;  // 0: not acting.
  AccountId account_;
};

}  // namespace evx::mock_kalshi
