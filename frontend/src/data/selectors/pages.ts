// Lists that come in pages.

import { useCallback, useEffect, useRef, useState } from "react";
import type { Answer } from "@/gen/evx/gateway/v1/requests_pb";
import { type DataError, failure, idle, type Loadable, pending, success } from "../loadable";
import { ask, type Question } from "./requests";

export interface Pages<T> {
  /** All rows that were loaded, in the order of the pages. */
  readonly rows: Loadable<readonly T[]>;
  /** Loads the next page; undefined: there is none, or it is on its way. */
  readonly more: (() => void) | undefined;
  /** Begins anew. */
  readonly again: () => void;
}

/** Loads the first page when the component appears, and whenever `key` changes. */
export function usePages<T>(
  key: string,
  question: (pageToken: string) => Question,
  select: (answer: Answer) => readonly T[],
): Pages<T> {
  const [rows, setRows] = useState<Loadable<readonly T[]>>(idle);
  const [nextToken, setNextToken] = useState("");
  const latest = useRef({ question, select });
  latest.current = { question, select };
  const round = useRef(0);

  const load = useCallback((pageToken: string) => {
    if (pageToken === "") round.current += 1;
    const mine = round.current;
    setNextToken("");
    setRows((before) => pending(before));
    ask(latest.current.question(pageToken)).then(
      (answer) => {
        if (mine !== round.current) return;
        const page = latest.current.select(answer);
        setRows((before) => success(pageToken === "" ? page : [...(before.data ?? []), ...page]));
        setNextToken(answer.nextPageToken);
      },
      (error: DataError) => {
        if (mine !== round.current) return;
        setRows((before) => failure(error, before));
        setNextToken(pageToken);
      },
    );
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies(key): another key is another list.
  useEffect(() => {
    setRows(idle());
    load("");
    return () => {
      round.current += 1;
    };
  }, [key, load]);

  const again = useCallback(() => load(""), [load]);
  return { rows, more: nextToken === "" ? undefined : () => load(nextToken), again };
}
