import { afterEach, describe, expect, it, vi } from "vitest";
import {
  callRest,
  checkSession,
  parseSession,
  redeemLink,
  signOut,
  useSessionStore,
} from "./session";

const BODY = { user_name: "ann", role: "trader", csrf_token: "secret" };

function answer(status: number, body: unknown): void {
  const text = body === undefined ? null : JSON.stringify(body);
  vi.stubGlobal(
    "fetch",
    vi.fn(() => Promise.resolve(new Response(text, { status }))),
  );
}

afterEach(() => {
  vi.unstubAllGlobals();
  useSessionStore.setState({ status: "unknown", session: null, reason: "" });
});

describe("session", () => {
  it("is read from the gateway's answer, and a role that is not known is refused", () => {
    expect(parseSession(BODY)).toEqual({ userName: "ann", role: "trader", csrfToken: "secret" });
    expect(() => parseSession({ ...BODY, role: "king" })).toThrow(/king/);
    expect(() => parseSession(null)).toThrow(/role/);
  });

  it("begins with the token of a link, in the body and nowhere else", async () => {
    answer(200, BODY);
    await redeemLink("once");
    const [path, init] = vi.mocked(fetch).mock.calls[0] ?? [];
    expect(path).toBe("/api/v1/session");
    expect(init?.body).toBe('{"link_token":"once"}');
    expect(useSessionStore.getState().status).toBe("signed-in");
  });

  it("is nobody's where the gateway says so, and not known where it does not answer", async () => {
    answer(401, { error: { reason: "SignInRequired", message: "Sign in." } });
    await expect(checkSession()).resolves.toBe(false);
    answer(503, { error: { reason: "Unavailable", message: "Redis.", is_retryable: true } });
    await expect(checkSession()).rejects.toMatchObject({
      reason: "Unavailable",
      isRetryable: true,
    });
    vi.stubGlobal(
      "fetch",
      vi.fn(() => Promise.reject(new TypeError("network"))),
    );
    await expect(checkSession()).rejects.toMatchObject({ reason: "Disconnected" });
  });

  it("shows its CSRF token with what changes something, and with nothing else", async () => {
    answer(200, BODY);
    await checkSession();
    answer(200, {});
    await callRest("GET", "/api/v1/sessions");
    await callRest("DELETE", "/api/v1/sessions/7");
    const headers = vi.mocked(fetch).mock.calls.map(([, init]) => init?.headers);
    expect(headers[0]).not.toHaveProperty("X-Evx-Csrf");
    expect(headers[1]).toHaveProperty("X-Evx-Csrf", "secret");
  });

  it("ends here also when the gateway cannot be told", async () => {
    answer(500, undefined);
    await expect(signOut()).rejects.toThrow();
    expect(useSessionStore.getState().status).toBe("signed-out");
  });
});
