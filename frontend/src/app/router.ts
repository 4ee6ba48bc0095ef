// A router in a hundred lines: the page lives in the fragment of the address, so that any static
// server can deliver it and nothing of it (least of all a one-time link) is ever sent to a server.

import { useSyncExternalStore } from "react";

/** Where the user is: `#/market/KXGOLD?view=no` is page "market", argument "KXGOLD". */
export interface Route {
  /** First part of the path; "markets" for an empty one. */
  readonly page: string;
  /** The rest of the path, decoded; empty: none. */
  readonly argument: string;
  readonly query: ReadonlyMap<string, string>;
}

const HOME = "markets";

/** Takes the text of a URI component; what is not one stays as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Reads the fragment of an address, with or without its `#`. */
export function parseRoute(hash: string): Route {
  const text = hash.replace(/^#?\/?/, "");
  const at = text.indexOf("?");
  const path = at < 0 ? text : text.slice(0, at);
  const slash = path.indexOf("/");
  const page = slash < 0 ? path : path.slice(0, slash);
  return {
    page: page === "" ? HOME : decode(page),
    argument: slash < 0 ? "" : decode(path.slice(slash + 1)),
    query: new Map(new URLSearchParams(at < 0 ? "" : text.slice(at + 1))),
  };
}

/** The fragment of a route: `href={routeTo("market", ticker)}`. */
export function routeTo(page: string, argument = "", query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query).toString();
  const path = argument === "" ? page : `${page}/${encodeURIComponent(argument)}`;
  return `#/${path}${search === "" ? "" : `?${search}`}`;
}

/** Goes there; `replace` leaves no entry to go back to. */
export function navigate(href: string, options: { replace?: boolean } = {}): void {
  if (options.replace === true) {
    history.replaceState(null, "", href);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    window.location.hash = href;
  }
}

let current: { hash: string; route: Route } | null = null;

function snapshot(): Route {
  const hash = window.location.hash;
  if (current?.hash !== hash) current = { hash, route: parseRoute(hash) };
  return current.route;
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

/** The route of the moment; the component is drawn anew when it changes. */
export function useRoute(): Route {
  return useSyncExternalStore(subscribe, snapshot);
}
