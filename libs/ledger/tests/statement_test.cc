#include <catch2/catch.hpp>
#include <vector>

#include "evx/core/testing/literals.h"
#include "evx/ledger/testing/one_market.h"

namespace evx::ledger {
namespace {

using evx::testing::operator""_c;
using evx::testing::operator""_x;
using evx::testing::operator""_usd;
using evx::testing::operator""_micros;
using testing::OneMarket;

std::vector<Posting> Of(AccountId account, const std::vector<Posting>& postings) {
  std::vector<Posting> result;
  for (const Posting& posting : postings) {
    if (posting.account == account) result.push_back(posting);
  }
  return result;
}

TEST_CASE("Statement: opening and entries give closing", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 100_usd);
  venue.Buy(52_c, 1_x);
  venue.Sell(60_c, 1_x);
  const std::vector<Posting> postings = Of(AccountId(1), venue.postings());
  const auto statement = Statement::FromPostings(AccountId(1), 0, 0_usd, postings);
  REQUIRE(statement.ok());
  CHECK(statement->opening() == 0_usd);
  CHECK(statement->closing() == venue.ledger().cash(venue.account()));
  CHECK(statement->Total(PostingKind::kDeposit) == 100_usd);
  CHECK(statement->Total(PostingKind::kTrade) == 80'000_micros);
  CHECK(statement->Total(PostingKind::kFee) == -17'500_micros - 16'800_micros);
  CHECK(statement->entries().size() == 5);
}

TEST_CASE("Statement: a lost, doubled or foreign entry is named", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 100_usd);
  venue.Buy(52_c, 1_x);
  std::vector<Posting> postings = Of(AccountId(1), venue.postings());
  SECTION("lost") { postings.erase(postings.begin() + 1); }
  SECTION("doubled") { postings.insert(postings.begin() + 1, postings[1]); }
  SECTION("foreign") { postings[1].account = AccountId(2); }
  const auto statement = Statement::FromPostings(AccountId(1), 0, 0_usd, postings);
  CHECK(statement.status().code() == absl::StatusCode::kDataLoss);
}

TEST_CASE("Names: every enumerator has one", "[ledger]") {
  for (int kind = 0; kind < kPostingKindCount; ++kind) {
    CHECK_FALSE(Name(static_cast<PostingKind>(kind)).empty());
  }
  for (int reason = 0; reason <= static_cast<int>(RejectReason::kInsufficientFunds); ++reason) {
    CHECK_FALSE(Name(static_cast<RejectReason>(reason)).empty());
  }
}

}  // namespace
}  // namespace evx::ledger
