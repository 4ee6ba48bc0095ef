import { useState } from "react";
import { showToast } from "@/components/toasts";
import { ask, type Question, type RequestError } from "@/data";

type OpenValue = Extract<Question, { case?: "openReplay" }>["value"];
type ControlValue = Extract<Question, { case?: "controlReplay" }>["value"];

export interface PlayerControl {
  readonly isBusy: boolean;
  readonly open: (value: NonNullable<OpenValue>) => void;
  readonly play: (isPlaying: boolean) => void;
  readonly seek: (timeNs: bigint) => void;
  readonly setSpeed: (speed: string) => void;
}

/** Moves the player; what it does then comes by its stream. A refusal is shown by its name. */
export function usePlayerControl(): PlayerControl {
  const [isBusy, setBusy] = useState(false);
  const send = (question: Question) => {
    setBusy(true);
    ask(question)
      .catch((error: RequestError) => {
        showToast({ title: `Player: ${error.reason}`, detail: error.message, tone: "error" });
      })
      .finally(() => setBusy(false));
  };
  const control = (value: NonNullable<ControlValue>) => send({ case: "controlReplay", value });
  return {
    isBusy,
    open: (value) => send({ case: "openReplay", value }),
    play: (isPlaying) => control({ control: { case: "isPlaying", value: isPlaying } }),
    seek: (timeNs) => control({ control: { case: "seekTimeNs", value: timeNs } }),
    setSpeed: (speed) => control({ control: { case: "speed", value: speed } }),
  };
}
