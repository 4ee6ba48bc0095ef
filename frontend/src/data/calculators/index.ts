// Pure arithmetic of prices, orders and accounts. Types that only repeat fields of a message are not
// named here: messages fit where they are asked for.

export {
  type CsvColumn,
  csvFileName,
  isoTime,
  toCsv,
} from "./csv";
export {
  absolute,
  amountOf,
  CENTIS_PER_CONTRACT,
  complement,
  formatCount,
  formatDecimal,
  formatExactMoney,
  formatMoney,
  formatPercent,
  formatPrice,
  formatProbability,
  formatQuantity,
  MICROS_PER_CENT,
  MICROS_PER_DOLLAR,
  MINUS,
  NOTHING,
  type Parsed,
  parseDecimalOf,
  parseDollarValue,
  parseMoney,
  parsePrice,
  parseQuantity,
  plainDecimal,
  priceDigits,
} from "./decimal";
export {
  type EquityCurve,
  type EquityPoint,
  equityCurve,
  roundAmounts,
  thinPoints,
} from "./equity";
export {
  type EventExposure,
  eventExposures,
  middlePrice,
  type ProbabilitySums,
  probabilitySums,
} from "./exposure";
export { isKnownFeeType, tradeFee } from "./fees";
export { buyingPrice } from "./holds";
export {
  affordableQuantity,
  crossingText,
  type DraftField,
  type Notice,
  type OrderDraft,
  type OrderPlan,
  type PlanContext,
  type Problem,
  planOrder,
  QUANTITY_CENTIS_MAX,
} from "./orderPlan";
export {
  averagePrice,
  type Holding,
  markedValue,
  markPrice,
  payout,
  type Quote,
  unrealizedProfit,
} from "./positions";
export {
  allPrices,
  ceilPrice,
  floorPrice,
  highestPrice,
  isValidPrice,
  lowestPrice,
  nearestPrice,
  priceError,
  stepPrice,
} from "./priceGrid";
export {
  type BestPrices,
  QUOTE_COUNT_MAX,
  type QuoteDraft,
  type QuoteRequest,
  quoteLadder,
  quotesProblem,
} from "./quotes";
export {
  type ActionName,
  bookSideOf,
  type ContractName,
  changeTicket,
  EMPTY_TICKET,
  type ExpiryKind,
  otherContract,
  type ReadTicket,
  readTicket,
  type TicketInput,
  ticketText,
  yesPriceOf,
} from "./ticket";
export { formatClock, formatMoment, formatSpan, inputMoment, parseMoment } from "./time";
