// A value that is loaded by a call, once for each key.

import { useCallback, useEffect, useRef, useState } from "react";
import { type DataError, failure, idle, type Loadable, pending, success } from "../loadable";
import { RequestError } from "../stream/requests";

/** Why a call failed, whatever it threw. */
export function dataErrorOf(error: unknown): DataError {
  if (error instanceof RequestError) return error;
  return { reason: "Unexpected", message: String(error), isRetryable: false };
}

/** Loads when the component appears and whenever `key` changes; null loads nothing. */
export function useLoaded<T>(
  key: string | null,
  load: () => Promise<T>,
): [Loadable<T>, () => void] {
  const [value, setValue] = useState<Loadable<T>>(idle);
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  // biome-ignore lint/correctness/useExhaustiveDependencies(round): a new round loads again.
  useEffect(() => {
    if (key === null) {
      setValue(idle());
      return;
    }
    let isCurrent = true;
    setValue((before) => pending(before));
    latest.current().then(
      (data) => isCurrent && setValue(success(data)),
      (error) => isCurrent && setValue((before) => failure(dataErrorOf(error), before)),
    );
    return () => {
      isCurrent = false;
    };
  }, [key, round]);
  const again = useCallback(() => setRound((count) => count + 1), []);
  return [value, again];
}
