// The stacks that people may go to from this one, by the gateway's REST door.

import { callRest } from "./session";

export interface Environment {
  readonly name: string;
  readonly label: string;
  /** Address of its page, where one signs in anew. */
  readonly url: string;
  readonly mode: "paper" | "live";
}

export interface Environments {
  readonly all: readonly Environment[];
  /** This stack; undefined: the gateway was not told of any. */
  readonly current: Environment | undefined;
}

function isWebAddress(url: unknown): url is string {
  return typeof url === "string" && /^https?:\/\/[^/]/.test(url);
}

/** Reads them from an answer's body; what is no address of the web is left out. */
export function parseEnvironments(body: unknown): Environments {
  const { environments, current } = (body ?? {}) as Record<string, unknown>;
  const all = (Array.isArray(environments) ? (environments as Environment[]) : []).filter(
    ({ url }) => isWebAddress(url),
  );
  return { all, current: all.find(({ name }) => name === current) };
}

export async function listEnvironments(): Promise<Environments> {
  return parseEnvironments(await callRest("GET", "/api/v1/environments"));
}
