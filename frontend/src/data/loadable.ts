// A value that comes from elsewhere. What was there before stays while it is asked for anew, and
// when that fails: a panel keeps its numbers and says that they are old.

/** Why a value is not there. */
export interface DataError {
  /** Stable name of the cause: "UnknownMarket", "RoleRequired", "TimedOut", "Disconnected". */
  readonly reason: string;
  /** The same for people. */
  readonly message: string;
  /** True when the same question can succeed later. */
  readonly isRetryable: boolean;
}

export type Loadable<T> =
  | { readonly status: "idle"; readonly data?: undefined; readonly error?: undefined }
  | { readonly status: "pending"; readonly data?: T | undefined; readonly error?: undefined }
  | { readonly status: "success"; readonly data: T; readonly error?: undefined }
  | { readonly status: "error"; readonly data?: T | undefined; readonly error: DataError };

const IDLE: Loadable<never> = { status: "idle" };

export function idle<T>(): Loadable<T> {
  return IDLE;
}

/** Asked for; what was there stays. */
export function pending<T>(before?: Loadable<T>): Loadable<T> {
  return { status: "pending", data: before?.data };
}

export function success<T>(data: T): Loadable<T> {
  return { status: "success", data };
}

/** Refused or failed; what was there stays. */
export function failure<T>(error: DataError, before?: Loadable<T>): Loadable<T> {
  return { status: "error", error, data: before?.data };
}

/** The same state of another value. */
export function mapLoadable<T, U>(value: Loadable<T>, map: (data: T) => U): Loadable<U> {
  switch (value.status) {
    case "idle":
      return idle();
    case "pending":
      return { status: "pending", data: value.data === undefined ? undefined : map(value.data) };
    case "success":
      return success(map(value.data));
    case "error":
      return {
        status: "error",
        error: value.error,
        data: value.data === undefined ? undefined : map(value.data),
      };
  }
}
