// The one door of data: whatever a page shows comes in here.

export * from "./calculators";
export type { DataError, Loadable } from "./loadable";
export { failure, idle, mapLoadable, pending, success } from "./loadable";
export * from "./messages";
export * from "./selectors/portfolio";
