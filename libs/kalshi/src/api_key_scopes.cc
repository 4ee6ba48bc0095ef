#include "evx/kalshi/api_key_scopes.h"

namespace evx::kalshi {
namespace {

// The scope that grants `scope` along with others; itself for the parents.
ApiKeyScope Parent(ApiKeyScope scope) {
  switch (scope) {
    case ApiKeyScope::kRead:
    case ApiKeyScope::kReadBlockTradeAccept:
    case ApiKeyScope::kReadPortfolioBalance:
      return ApiKeyScope::kRead;
    case ApiKeyScope::kWrite:
    case ApiKeyScope::kWriteTrade:
    case ApiKeyScope::kWriteTransfer:
    case ApiKeyScope::kWriteFcmRisk:
    case ApiKeyScope::kWriteBlockTradeAccept:
      return ApiKeyScope::kWrite;
  }
  return scope;
}

}  // namespace

bool ApiKeyScopes::Allows(ApiKeyScope scope) const { return Has(scope) || Has(Parent(scope)); }

std::vector<ApiKeyScope> ApiKeyScopes::List() const {
  std::vector<ApiKeyScope> list;
  for (std::size_t i = 0; i < kApiKeyScopeCount; ++i) {
    const auto scope = static_cast<ApiKeyScope>(i);
    if (Has(scope)) list.push_back(scope);
  }
  return list;
}

}  // namespace evx::kalshi
