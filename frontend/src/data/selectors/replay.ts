// What the player's controls can do.

import { PlayerState } from "@/gen/evx/gateway/v1/system_views_pb";

/** Recorded seconds for each second, as the player takes them. */
export const REPLAY_SPEEDS = ["0.5", "1", "2", "5", "10", "60", "max"] as const;

export function speedText(speed: string): string {
  return speed === "max" ? "max" : `${speed}\u00d7`;
}

export function playerStateText(state: PlayerState): string {
  switch (state) {
    case PlayerState.PLAYING:
      return "playing";
    case PlayerState.PAUSED:
      return "paused";
    case PlayerState.ENDED:
      return "at the end";
    case PlayerState.CLOSED:
    case PlayerState.UNSPECIFIED:
      return "closed";
  }
}

/** A stretch of time, in nanoseconds since 1970. */
export interface Stretch {
  readonly fromNs: bigint;
  readonly untilNs: bigint;
}

/** The moment held within the stretch. */
export function clampMoment(timeNs: bigint, { fromNs, untilNs }: Stretch): bigint {
  if (timeNs < fromNs) return fromNs;
  return timeNs > untilNs ? untilNs : timeNs;
}

/** Why the player would not open it; undefined: it would. */
export function stretchError(wanted: Stretch, recorded: Stretch): string | undefined {
  if (recorded.fromNs === 0n) return "Nothing was recorded yet";
  if (wanted.fromNs >= wanted.untilNs) return "The begin is not before the end";
  if (wanted.untilNs < recorded.fromNs || wanted.fromNs > recorded.untilNs) {
    return "Nothing was recorded in this stretch";
  }
  return undefined;
}
