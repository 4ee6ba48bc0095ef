// Any bytes as the query of a request, as a segment of a path, and as a cursor.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "check_decoded.h"
#include "evx/kalshi/cursor.h"
#include "evx/kalshi/queries.h"
#include "evx/kalshi/query.h"

namespace evx::kalshi {
namespace {

void Queries(std::string_view bytes) {
  CheckDecoded(DecodeMarketsQuery(bytes));
  CheckDecoded(DecodeEventsQuery(bytes));
  CheckDecoded(DecodeOrdersQuery("GetOrders", bytes));
  CheckDecoded(DecodeFillsQuery("GetFills", bytes));
  CheckDecoded(DecodePositionsQuery("GetPositions", bytes));
  CheckDecoded(DecodeCandlesticksQuery("GetMarketCandlesticks", bytes));
  CheckDecoded(DecodeOrderBooksQuery(bytes));
  CheckDecoded(DecodeMilestonesQuery(bytes));
  CheckDecoded(DecodeScopeQuery("CancelOrderV2", bytes));
  const auto segment = DecodePathSegment(bytes);
  if (segment) EVX_CHECK(DecodePathSegment(EncodeUrl(*segment)) == segment);
  const auto cursor = ParseCursor(bytes, 1);
  if (cursor) EVX_CHECK(FormatCursor(*cursor) == bytes);
}

}  // namespace
}  // namespace evx::kalshi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  evx::kalshi::Queries({reinterpret_cast<const char*>(data), size});
  return 0;
}
