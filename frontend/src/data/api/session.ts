// Who is signed in, by the gateway's REST door. The session itself is a cookie that no script sees;
// what is kept here is its CSRF token, which every request that changes something must show.

import { create } from "zustand";
import { RequestError } from "../stream/requests";

export type RoleName = "viewer" | "trader" | "admin";

export interface SessionInfo {
  readonly userName: string;
  readonly role: RoleName;
  readonly csrfToken: string;
}

export type SessionStatus = "unknown" | "signed-in" | "signed-out";

export interface SessionState {
  readonly status: SessionStatus;
  readonly session: SessionInfo | null;
  /** Why nobody is signed in, when that is not the user's wish; empty: no reason. */
  readonly reason: string;
}

export const useSessionStore = create<SessionState>(() => ({
  status: "unknown",
  session: null,
  reason: "",
}));

const PATH = "/api/v1/session";
const CSRF_HEADER = "X-Evx-Csrf";
const SIGN_IN_REQUIRED = "SignInRequired";
const ROLES: readonly string[] = ["viewer", "trader", "admin"];

function textField(body: Record<string, unknown>, name: string): string {
  const value = body[name];
  if (typeof value !== "string") {
    throw new RequestError("MalformedAnswer", `The gateway's answer has no ${name}.`, false);
  }
  return value;
}

/** Reads the session of an answer's body. */
export function parseSession(body: unknown): SessionInfo {
  const record = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const role = textField(record, "role");
  if (!ROLES.includes(role)) {
    throw new RequestError("MalformedAnswer", `The gateway named the role ${role}.`, false);
  }
  return {
    userName: textField(record, "user_name"),
    role: role as RoleName,
    csrfToken: textField(record, "csrf_token"),
  };
}

/** The refusal that an answer tells. */
async function refusalOf(response: Response): Promise<RequestError> {
  let reason = response.status === 401 ? SIGN_IN_REQUIRED : `Http${response.status}`;
  let message = `The gateway answered with status ${response.status}.`;
  let isRetryable = response.status >= 500 || response.status === 429;
  try {
    const { error } = (await response.json()) as {
      error?: { reason?: string; message?: string; is_retryable?: boolean };
    };
    reason = error?.reason ?? reason;
    message = error?.message ?? message;
    isRetryable = error?.is_retryable ?? isRetryable;
  } catch {
    // No JSON: the status must do.
  }
  return new RequestError(reason, message, isRetryable);
}

/** Asks the gateway's REST door; anything but success is thrown as a RequestError. */
export async function callRest(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
): Promise<unknown> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const csrfToken = useSessionStore.getState().session?.csrfToken;
  if (method !== "GET" && csrfToken !== undefined) headers[CSRF_HEADER] = csrfToken;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new RequestError("Disconnected", "The gateway does not answer.", true);
  }
  if (!response.ok) throw await refusalOf(response);
  if (response.status === 204) return null;
  return response.json().catch(() => null);
}

function signedIn(session: SessionInfo): SessionInfo {
  useSessionStore.setState({ status: "signed-in", session, reason: "" });
  return session;
}

export function signedOut(reason = ""): void {
  useSessionStore.setState({ status: "signed-out", session: null, reason });
}

/** Finds out who is signed in; true: somebody is. Throws when the gateway does not answer. */
export async function checkSession(): Promise<boolean> {
  try {
    signedIn(parseSession(await callRest("GET", PATH)));
    return true;
  } catch (error) {
    if (error instanceof RequestError && error.reason === SIGN_IN_REQUIRED) return false;
    throw error;
  }
}

const RETRY_MS = 1_000;

/** Finds out who is signed in, however long the gateway takes to come up. */
export function startSession(): void {
  checkSession().then(
    (isSignedIn) => {
      if (!isSignedIn) signedOut();
    },
    () => setTimeout(startSession, RETRY_MS),
  );
}

export async function signIn(userName: string, password: string): Promise<SessionInfo> {
  return signedIn(parseSession(await callRest("POST", PATH, { user_name: userName, password })));
}

/** Signs in with the token of a one-time link. */
export async function redeemLink(linkToken: string): Promise<SessionInfo> {
  return signedIn(parseSession(await callRest("POST", PATH, { link_token: linkToken })));
}

/** Ends the session; also where the gateway cannot be asked, nobody is signed in here any more. */
export async function signOut(): Promise<void> {
  try {
    await callRest("DELETE", PATH);
  } finally {
    signedOut();
  }
}
