import { useEffect, useRef, useState } from "react";
import { OfferAction } from "@/app/actions";
import { Button } from "@/components/Button";
import { Segments } from "@/components/Segments";
import {
  clampMoment,
  formatMoment,
  formatSpan,
  type Player,
  PlayerState,
  REPLAY_SPEEDS,
  speedText,
} from "@/data";
import styles from "./Replay.module.css";
import type { PlayerControl } from "./usePlayerControl";

const NS_PER_MS = 1_000_000n;
const SECOND_NS = 1_000_000_000n;
/** A slider that is moved seeks once it has stood for so long. */
const SETTLE_MS = 200;

const JUMPS = [
  { seconds: -60n, label: "\u22121 m", keys: "shift+ArrowLeft", title: "Back one minute" },
  { seconds: -10n, label: "\u221210 s", keys: "ArrowLeft", title: "Back ten seconds" },
  { seconds: 10n, label: "+10 s", keys: "ArrowRight", title: "Forward ten seconds" },
  { seconds: 60n, label: "+1 m", keys: "shift+ArrowRight", title: "Forward one minute" },
] as const;

/** The place in the recording; while it is moved it shows where it would go. */
function Scrubber({ player, control }: { player: Player; control: PlayerControl }) {
  const [dragged, setDragged] = useState<bigint>();
  const timer = useRef<number>(undefined);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const { fromTimeNs, untilTimeNs, positionTimeNs } = player;
  const shown = dragged ?? positionTimeNs;
  const move = (milliseconds: number) => {
    const timeNs = fromTimeNs + BigInt(milliseconds) * NS_PER_MS;
    setDragged(timeNs);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      control.seek(timeNs);
      setDragged(undefined);
    }, SETTLE_MS);
  };
  return (
    <div className={styles.scrubber}>
      <span>{formatMoment(fromTimeNs)}</span>
      <input
        type="range"
        aria-label="Place in the recording"
        aria-valuetext={formatMoment(shown)}
        min={0}
        max={Number((untilTimeNs - fromTimeNs) / NS_PER_MS)}
        step={100}
        value={Number((shown - fromTimeNs) / NS_PER_MS)}
        onChange={(event) => move(Number(event.target.value))}
      />
      <span>{formatMoment(untilTimeNs)}</span>
    </div>
  );
}

/** Play, pause, seek, speed. */
export function Transport({ player, control }: { player: Player; control: PlayerControl }) {
  const isPlaying = player.state === PlayerState.PLAYING;
  const stretch = { fromNs: player.fromTimeNs, untilNs: player.untilTimeNs };
  const jump = (seconds: bigint) => () =>
    control.seek(clampMoment(player.positionTimeNs + seconds * SECOND_NS, stretch));
  const toggle = () => {
    if (player.state === PlayerState.ENDED) control.seek(player.fromTimeNs);
    control.play(!isPlaying);
  };
  return (
    <div className={styles.transport} data-message="PLAYER">
      <OfferAction id="replay-toggle" title="Play or pause" group="Replay" keys="k" run={toggle} />
      <div className={styles.controls}>
        <Button variant="primary" onClick={toggle}>
          {isPlaying ? "Pause" : player.state === PlayerState.ENDED ? "Play again" : "Play"}
        </Button>
        {JUMPS.map(({ seconds, label, keys, title }) => (
          <span key={label}>
            <OfferAction
              id={`replay-jump${seconds}`}
              title={title}
              group="Replay"
              keys={keys}
              repeats
              run={jump(seconds)}
            />
            <Button size="small" title={title} onClick={jump(seconds)}>
              {label}
            </Button>
          </span>
        ))}
        <Segments
          legend="Speed"
          value={player.speed}
          segments={REPLAY_SPEEDS.map((value) => ({
            value: value as string,
            label: speedText(value),
          }))}
          onChange={control.setSpeed}
        />
        <span className={styles.left}>
          {`${formatSpan(player.untilTimeNs - player.positionTimeNs)} left`}
        </span>
      </div>
      <Scrubber player={player} control={control} />
    </div>
  );
}
