// The one door of data: whatever a page shows comes in here.

export * from "./api/environments";
export {
  callRest,
  checkSession,
  type RoleName,
  redeemLink,
  type SessionInfo,
  type SessionState,
  signIn,
  signOut,
  startSession,
  useSessionStore,
} from "./api/session";
export * from "./api/users";
export * from "./calculators";
export type { DataError, Loadable } from "./loadable";
export { failure, idle, mapLoadable, pending, success } from "./loadable";
export * from "./messages";
export * from "./operator/operator";
export * from "./selectors/chart";
export * from "./selectors/dataPath";
export * from "./selectors/ladder";
export * from "./selectors/loaded";
export * from "./selectors/marketRows";
export * from "./selectors/pages";
export * from "./selectors/portfolio";
export * from "./selectors/replay";
export * from "./selectors/requests";
export * from "./selectors/streams";
export { type MarketSource, stack } from "./stack";
export type { BookLevelView, BookView } from "./stores/bookStore";
export type { MarketEntry, MarketsView } from "./stores/marketsStore";
export type { PortfolioView } from "./stores/portfolioStore";
export type { Live } from "./stores/streamStore";
export { makeCommandId } from "./stream/random";
export { RequestError } from "./stream/requests";
export type { Connection, ConnectionStatus } from "./stream/streamClient";
