import type { InitialState, ServerMessage } from "@/gen/evx/gateway/v1/gateway_messages_pb";
import type { Health, LogLine, Player } from "@/gen/evx/gateway/v1/system_views_pb";
import { StreamStore } from "./streamStore";

/** So many lines of the log are kept. */
export const LOG_LINES_KEPT = 500;

/** Every service, as last told. */
export class HealthStore extends StreamStore<Health> {
  #health: Health | undefined;

  protected override replace(state: InitialState["state"]): void {
    if (state.case === "health") this.#health = state.value;
  }

  protected override change(payload: ServerMessage["payload"]): void {
    if (payload.case === "updateHealth") this.#health = payload.value;
  }

  protected override build(): Health | undefined {
    return this.#health;
  }

  protected override clear(): void {
    this.#health = undefined;
  }
}

/** The player of recordings, as last told. */
export class PlayerStore extends StreamStore<Player> {
  #player: Player | undefined;

  protected override replace(state: InitialState["state"]): void {
    if (state.case === "player") this.#player = state.value;
  }

  protected override change(payload: ServerMessage["payload"]): void {
    if (payload.case === "player") this.#player = payload.value;
  }

  protected override build(): Player | undefined {
    return this.#player;
  }

  protected override clear(): void {
    this.#player = undefined;
  }
}

/** The newest lines of the log, newest first. */
export class LogStore extends StreamStore<readonly LogLine[]> {
  /** Oldest first. */
  #lines: LogLine[] = [];

  protected override replace(state: InitialState["state"]): void {
    if (state.case === "log") this.#lines = state.value.lines.slice(-LOG_LINES_KEPT);
  }

  protected override change(payload: ServerMessage["payload"]): void {
    if (payload.case !== "log") return;
    this.#lines = [...this.#lines, ...payload.value.lines].slice(-LOG_LINES_KEPT);
  }

  protected override build(): readonly LogLine[] {
    return this.#lines.toReversed();
  }

  protected override clear(): void {
    this.#lines = [];
  }
}
