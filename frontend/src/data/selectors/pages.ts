// Lists that come in pages.

import { useCallback, useEffect, useRef, useState } from "react";
import type { Answer } from "@/gen/evx/gateway/v1/requests_pb";
import { failure, idle, type Loadable, pending, success } from "../loadable";
import { dataErrorOf } from "./loaded";
import { ask, type Question } from "./requests";

export interface Pages<T> {
  /** All rows that were loaded, in the order of the pages. */
  readonly rows: Loadable<readonly T[]>;
  /** Loads the next page; undefined: there is none, or it is on its way. */
  readonly more: (() => void) | undefined;
  /** Begins anew. */
  readonly again: () => void;
}

/** One page; an empty token says that it is the last one. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly nextPageToken: string;
}

/** Loads the first page when the component appears, and whenever `key` changes. */
export function useLoadedPages<T>(
  key: string,
  loadPage: (pageToken: string) => Promise<Page<T>>,
): Pages<T> {
  const [rows, setRows] = useState<Loadable<readonly T[]>>(idle);
  const [nextToken, setNextToken] = useState("");
  const latest = useRef(loadPage);
  latest.current = loadPage;
  const round = useRef(0);

  const load = useCallback((pageToken: string) => {
    if (pageToken === "") round.current += 1;
    const mine = round.current;
    setNextToken("");
    setRows((before) => pending(before));
    latest.current(pageToken).then(
      (page) => {
        if (mine !== round.current) return;
        setRows((before) =>
          success(pageToken === "" ? page.rows : [...(before.data ?? []), ...page.rows]),
        );
        setNextToken(page.nextPageToken);
      },
      (error) => {
        if (mine !== round.current) return;
        setRows((before) => failure(dataErrorOf(error), before));
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

/** The same of a question to the gateway. */
export function usePages<T>(
  key: string,
  question: (pageToken: string) => Question,
  select: (answer: Answer) => readonly T[],
): Pages<T> {
  return useLoadedPages(key, async (pageToken) => {
    const answer = await ask(question(pageToken));
    return { rows: select(answer), nextPageToken: answer.nextPageToken };
  });
}
