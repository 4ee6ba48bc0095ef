import { useId, useMemo, useState } from "react";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Field";
import { Segments } from "@/components/Segments";
import {
  currentMarkets,
  formatMoment,
  inputMoment,
  type Player,
  PlayerState,
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
/** The inputs know seconds: an end is the end of its second. */
const END_OF_SECOND_NS = 999_999_999n;

/**
 * Which market, from when to when, how fast. Times that were not edited are those of the replay that
 * is open, else of all that is recorded: that grows while one looks at it.
 */
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
  const [editedFrom, setFrom] = useState<string>();
  const [editedUntil, setUntil] = useState<string>();
  const isOpen = player.state !== PlayerState.CLOSED;
  const from = editedFrom ?? inputMoment(isOpen ? player.fromTimeNs : recorded.fromNs);
  const until = editedUntil ?? inputMoment(isOpen ? player.untilTimeNs : recorded.untilNs);
  const [speed, setSpeed] = useState<(typeof REPLAY_SPEEDS)[number]>("1");
  // biome-ignore lint/correctness/useExhaustiveDependencies(version): the catalogue has changed.
  const tickers = useMemo(
    () =>
      currentMarkets()
        .map(({ market }) => market.marketTicker)
        .slice(0, SUGGESTED_MAX),
    [version],
  );
  const begin = parseMoment(from);
  const end = parseMoment(until);
  const wanted = { fromNs: begin ?? 0n, untilNs: (end ?? 0n) + END_OF_SECOND_NS };
  let fault = stretchError(wanted, recorded);
  const isRead = begin !== undefined && end !== undefined;
  if (!isRead && recorded.fromNs !== 0n) fault = "Begin and end are dates with a time";
  return (
    <form
      className={styles.chooser}
      aria-label="Choose a replay"
      onSubmit={(event) => {
        event.preventDefault();
        control.open({
          marketTickers: ticker.trim() === "" ? [] : [ticker.trim()],
          fromTimeNs: wanted.fromNs,
          untilTimeNs: wanted.untilNs,
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
