// The messages of the gateway as the rest of the page names them. Generated code is imported in
// src/data only.

export type { PriceLevel } from "@/gen/evx/common/v1/common_pb";
export {
  BookSide,
  ContractSide,
  MarketResult,
  MarketStatus,
  TimeInForce,
} from "@/gen/evx/common/v1/common_pb";
export type { OrderGroup } from "@/gen/evx/exchange/v1/order_groups_pb";
export type { Fill, Order, Position } from "@/gen/evx/exchange/v1/portfolio_pb";
export { OrderStatus } from "@/gen/evx/exchange/v1/portfolio_pb";
export type {
  AmendOrder,
  CancelOrders,
  CommandResult,
  CreateOrder,
  EmergencyStop,
  LiquidateAll,
  OrderOutcome,
} from "@/gen/evx/gateway/v1/commands_pb";
export { ServiceAction } from "@/gen/evx/gateway/v1/commands_pb";
export type { ServerMessage, Welcome } from "@/gen/evx/gateway/v1/gateway_messages_pb";
export type {
  Book,
  BookHealth,
  BookUpdate,
  FeeTerms,
  Market,
  MarketRow,
  MarketTicker,
  Trade,
} from "@/gen/evx/gateway/v1/market_views_pb";
export { BookState } from "@/gen/evx/gateway/v1/market_views_pb";
export type {
  Balance,
  Portfolio,
  PortfolioUpdate,
  QueuePosition,
  Settlement,
} from "@/gen/evx/gateway/v1/portfolio_views_pb";
export type { EquityMark, User } from "@/gen/evx/gateway/v1/requests_pb";
export { Role } from "@/gen/evx/gateway/v1/requests_pb";
export type {
  Health,
  LogLine,
  Player,
  ServiceCheck,
  ServiceFigure,
  ServiceHealth,
} from "@/gen/evx/gateway/v1/system_views_pb";
export { LogLevel, PlayerState, ServiceState } from "@/gen/evx/gateway/v1/system_views_pb";
export type { Candle, Ohlc } from "@/gen/evx/marketdata/v1/candle_service_pb";
