import { useId, useMemo, useState } from "react";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Field";
import { Segments } from "@/components/Segments";
import {
  currentMarkets,
  formatMoment,
  inputMoment,
  type Player,
  parseMoment,
  REPLAY_SPEEDS,
  speedText,
  stretchError,
  useCatalogueVersion,
  useMarketsKept,
} from "@/data";
import styles from "./Replay.module.css";
import type { PlayerControl } from "./usePlayerControl";

const SUGGESTED_MAX = 200;

/** Which market, from when to when, how fast. */
export function ReplayChooser({
  player,
  control,
  initialTicker,
}: {
  player: Player;
  control: PlayerControl;
  initialTicker: string;
}) {
  const listId = useId();
  useMarketsKept();
  const version = useCatalogueVersion();
  const recorded = {
    fromNs: player.recordingFirstTimeNs,
    untilNs: player.recordingLastTimeNs,
  };
  const [ticker, setTicker] = useState(initialTicker || (player.marketTickers[0] ?? ""));
  const [from, setFrom] = useState(() => inputMoment(player.fromTimeNs || recorded.fromNs));
  const [until, setUntil] = useState(() => inputMoment(player.untilTimeNs || recorded.untilNs));
  const [speed, setSpeed] = useState<(typeof REPLAY_SPEEDS)[number]>("1");
  // biome-ignore lint/correctness/useExhaustiveDependencies(version): the catalogue has changed.
  const tickers = useMemo(
    () =>
      currentMarkets()
        .map(({ market }) => market.marketTicker)
        .slice(0, SUGGESTED_MAX),
    [version],
  );
  const wanted = { fromNs: parseMoment(from), untilNs: parseMoment(until) };
  let fault = stretchError(
    { fromNs: wanted.fromNs ?? 0n, untilNs: wanted.untilNs ?? 0n },
    recorded,
  );
  const isRead = wanted.fromNs !== undefined && wanted.untilNs !== undefined;
  if (!isRead && recorded.fromNs !== 0n) fault = "Begin and end are dates with a time";
  return (
    <form
      className={styles.chooser}
      aria-label="Choose a replay"
      onSubmit={(event) => {
        event.preventDefault();
        control.open({
          marketTickers: ticker.trim() === "" ? [] : [ticker.trim()],
          // The inputs know seconds: the recording's own ends are not cut by them.
          fromTimeNs: wanted.fromNs ?? 0n,
          untilTimeNs: (wanted.untilNs ?? 0n) + 999_999_999n,
          speed,
        });
      }}
    >
      <TextField
        label="Market"
        value={ticker}
        onChange={setTicker}
        placeholder="Ticker; empty: all that were recorded"
        list={listId}
        spellCheck={false}
        autoComplete="off"
      />
      <datalist id={listId}>
        {tickers.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <TextField label="From" type="datetime-local" step={1} value={from} onChange={setFrom} />
      <TextField label="Until" type="datetime-local" step={1} value={until} onChange={setUntil} />
      <Segments
        legend="Speed"
        value={speed}
        segments={REPLAY_SPEEDS.map((value) => ({ value, label: speedText(value) }))}
        onChange={setSpeed}
      />
      <Button
        type="submit"
        variant="primary"
        disabled={fault !== undefined}
        isBusy={control.isBusy}
      >
        Open replay
      </Button>
      <p className={fault === undefined ? styles.hint : styles.fault}>
        {fault ??
          `Recorded from ${formatMoment(recorded.fromNs)} to ${formatMoment(recorded.untilNs)}`}
      </p>
    </form>
  );
}
