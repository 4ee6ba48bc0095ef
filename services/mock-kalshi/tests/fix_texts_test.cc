#include "fix/fix_texts.h"

#include <catch2/catch.hpp>
#include <string>

#include "fix/fix_order_entry.h"

namespace evx::mock_kalshi {
namespace {

using R = venue::RejectReason;

TEST_CASE("FIX texts: a refused order says the venue's text and reason", "[fix]") {
  struct Case {
    R reject;
    std::string_view text;
    int reason;
  };
  const auto c = GENERATE(Case{R::kExchangePaused, "EXCHANGE_PAUSED", 2},
                          Case{R::kTradingPaused, "TRADING_PAUSED", 2},
                          Case{R::kMarketInactive, "MARKET_INACTIVE", 2},
                          Case{R::kUnknownMarket, "MARKET_NOT_FOUND", 1},
                          Case{R::kDuplicateClientOrderId, "ORDER_ALREADY_EXISTS", 6},
                          Case{R::kInsufficientBalance, "INSUFFICIENT_BALANCE", 3},
                          Case{R::kOrderGroupTriggered, "EXCEEDED_ORDER_GROUP_RISK_LIMIT", 3},
                          Case{R::kUnknownOrderGroup, "ORDER_GROUP_NOT_FOUND", 11},
                          Case{R::kInvalidPrice, "INVALID_ORDER", 11},
                          Case{R::kUnknownSubaccount, "CUSTOMER_ACCOUNT_NOT_FOUND", 15});
  const FixOrderRefusal refusal = FixOrderRefusalOf(c.reject);
  CHECK(refusal.text == c.text);
  CHECK(refusal.reason == c.reason);
  CHECK_FALSE(refusal.is_accepted_then_canceled);
}

TEST_CASE("FIX texts: three refusals are reported as accepted and canceled", "[fix]") {
  CHECK(FixOrderRefusalOf(R::kPostOnlyWouldCross).text == "POST_ONLY_CROSS");
  CHECK(FixOrderRefusalOf(R::kFillOrKillInsufficientVolume).text == "FOK_INSUFFICIENT_VOLUME");
  CHECK(FixOrderRefusalOf(R::kNothingToReduce).text == "REDUCE_ONLY");
  for (const R reject :
       {R::kPostOnlyWouldCross, R::kFillOrKillInsufficientVolume, R::kNothingToReduce}) {
    CHECK(FixOrderRefusalOf(reject).is_accepted_then_canceled);
  }
}

TEST_CASE("FIX texts: a refused cancel or replace", "[fix]") {
  CHECK(FixCancelRefusalOf(R::kUnknownOrder).reason == 1);
  CHECK(FixCancelRefusalOf(R::kAmendBelowFilled).text == "INVALID_AMEND_QTY_FOR_ORDER");
  CHECK(FixCancelRefusalOf(R::kAmendBelowFilled).reason == 2);
  CHECK(FixCancelRefusalOf(R::kInvalidPrice).text == "INVALID_PRICE");
  CHECK(FixCancelRefusalOf(R::kSelfCross).text == "SELF_CROSS_ATTEMPT");
  CHECK(FixCancelRefusalOf(R::kSelfCross).reason == 18);
  CHECK(FixCancelRefusalOf(R::kDuplicateClientOrderId).reason == 6);
}

TEST_CASE("FIX: a day order lasts until the Eastern day ends, also when the clocks change",
          "[fix]") {
  struct Case {
    std::string_view now;
    std::string_view end;
  };
  const auto c = GENERATE(Case{"2026-08-05T13:00:00Z", "2026-08-06T03:59:59.999Z"},
                          Case{"2026-08-06T03:59:59Z", "2026-08-06T03:59:59.999Z"},
                          Case{"2026-12-05T13:00:00Z", "2026-12-06T04:59:59.999Z"},
                          Case{"2026-11-01T04:30:00Z", "2026-11-02T04:59:59.999Z"},
                          Case{"2026-03-08T05:30:00Z", "2026-03-09T03:59:59.999Z"});
  CHECK(EndOfEasternDay(*ParseRfc3339(c.now)) == *ParseRfc3339(c.end));
}

}  // namespace
}  // namespace evx::mock_kalshi
