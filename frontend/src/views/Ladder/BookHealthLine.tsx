import { useRef } from "react";
import { Badge, type Tone } from "@/components/Badge";
import { formatCountdown } from "@/components/times";
import { useNowSeconds } from "@/components/useNow";
import { type BookHealth, BookState } from "@/data";
import styles from "./Ladder.module.css";

const WORDS: Record<BookState, { text: string; tone: Tone }> = {
  [BookState.UNSPECIFIED]: { text: "unknown", tone: "warning" },
  [BookState.WAITING]: { text: "waiting", tone: "warning" },
  [BookState.LIVE]: { text: "in sequence", tone: "positive" },
  [BookState.IN_DOUBT]: { text: "in doubt", tone: "negative" },
};

const REFRESH_MS = 500;

/** What changes twenty times a second, as it was at most a second ago; another state at once. */
function useReadable(health: BookHealth | undefined): BookHealth | undefined {
  const shown = useRef({ health, atMs: 0 });
  const isOther =
    health?.state !== shown.current.health?.state ||
    health?.gapCount !== shown.current.health?.gapCount;
  const nowMs = performance.now();
  if (isOther || nowMs - shown.current.atMs > REFRESH_MS) shown.current = { health, atMs: nowMs };
  return shown.current.health;
}

/** Whether the book may be trusted, and from what that is known. */
export function BookHealthLine({
  health: newest,
  heardMs,
  isReplay,
}: {
  health: BookHealth | undefined;
  /** When the last message came, on the clock of `performance.now`. */
  heardMs: number;
  isReplay: boolean;
}) {
  useNowSeconds();
  const health = useReadable(newest);
  if (health === undefined) return null;
  const { text, tone } = WORDS[health.state];
  const total = health.deltaCount + health.snapshotCount;
  const share = total === 0n ? 0 : Number((health.snapshotCount * 1000n) / total) / 10;
  const ageSeconds = Math.floor((performance.now() - heardMs) / 1000);
  return (
    <dl className={styles.health} data-message="BOOK_UPDATE" aria-label="Health of the book">
      <div>
        <dt>Book</dt>
        <dd>
          <Badge tone={tone}>{text}</Badge>
        </dd>
      </div>
      <div>
        <dt>Seq</dt>
        <dd>{health.bookSequence.toString()}</dd>
      </div>
      <div>
        <dt>Age</dt>
        <dd>{isReplay ? "replay" : formatCountdown(ageSeconds)}</dd>
      </div>
      <div title={`${health.snapshotCount} snapshots, ${health.deltaCount} deltas`}>
        <dt>Snap/Δ</dt>
        <dd>{share.toFixed(1)}%</dd>
      </div>
      <div>
        <dt>Gaps</dt>
        <dd>{health.gapCount.toString()}</dd>
      </div>
    </dl>
  );
}
