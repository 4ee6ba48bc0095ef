// Users and sessions, by the gateway's REST door (services/gateway/openapi.yaml).

import { callRest, type RoleName } from "./session";

/** A session of one's own. */
export interface ListedSession {
  readonly session_id: string;
  readonly is_current: boolean;
  readonly begun_at: string;
  readonly expires_at: string;
  readonly remote_address: string;
  readonly user_agent: string;
}

export interface UserRecord {
  readonly user_name: string;
  readonly role: RoleName;
  readonly is_disabled: boolean;
  readonly has_password: boolean;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface OneTimeLink {
  readonly user_name: string;
  readonly link_token: string;
  readonly expires_at: string;
}

const SESSIONS = "/api/v1/sessions";
const USERS = "/api/v1/users";
const PAGE = 1_000;

function listOf<T>(body: unknown, name: string): readonly T[] {
  const list = (body as Record<string, unknown> | null)?.[name];
  return Array.isArray(list) ? (list as T[]) : [];
}

/** The own sessions, the newest first. */
export async function listSessions(): Promise<readonly ListedSession[]> {
  return listOf(await callRest("GET", SESSIONS), "sessions");
}

export async function endSession(sessionId: string): Promise<void> {
  await callRest("DELETE", `${SESSIONS}/${encodeURIComponent(sessionId)}`);
}

/** All own sessions but this one. */
export async function endOtherSessions(): Promise<void> {
  await callRest("DELETE", SESSIONS);
}

/** For administrators, as everything below. */
export async function listUsers(): Promise<readonly UserRecord[]> {
  return listOf(await callRest("GET", `${USERS}?limit=${PAGE}`), "users");
}

export async function createUser(userName: string, role: RoleName): Promise<void> {
  await callRest("POST", USERS, { user_name: userName, role });
}

/** What is not named stays. The user's sessions end. */
export async function changeUser(
  userName: string,
  change: { role?: RoleName; is_disabled?: boolean },
): Promise<void> {
  await callRest("PUT", `${USERS}/${encodeURIComponent(userName)}`, change);
}

/** A one-time link; its token is told this once. */
export async function issueLink(userName: string): Promise<OneTimeLink> {
  const link = await callRest("POST", `${USERS}/${encodeURIComponent(userName)}/links`);
  return link as OneTimeLink;
}
