import { useMemo, useState } from "react";
import { Panel } from "@/components/Panel";
import { Segments } from "@/components/Segments";
import { type AccountTotals, type EquityMark, equityCurve, useAnswer } from "@/data";
import { Signed } from "@/views/columns/Signed";
import { EquityChart } from "./EquityChart";
import styles from "./Portfolio.module.css";

const RANGES = [
  { value: "1h", label: "1h", seconds: 3_600 },
  { value: "1d", label: "1d", seconds: 86_400 },
  { value: "1w", label: "1w", seconds: 604_800 },
  { value: "all", label: "All", seconds: 0 },
] as const;
type Range = (typeof RANGES)[number]["value"];

const MARKS_MAX = 5_000;

function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

/** What the account was worth, as the exchange marked it each minute, up to now. */
export function EquityPanel({ totals, isStale }: { totals: AccountTotals; isStale: boolean }) {
  const [range, setRange] = useState<Range>("1d");
  const seconds = RANGES.find((one) => one.value === range)?.seconds ?? 0;
  const [marks, again] = useAnswer<readonly EquityMark[]>(
    `equity/${range}`,
    () => ({
      case: "listEquity",
      value: {
        startTimeNs: seconds === 0 ? 0n : nowNs() - BigInt(seconds) * 1_000_000_000n,
        pageSize: MARKS_MAX,
      },
    }),
    (answer) => (answer.answer.case === "equity" ? answer.answer.value.marks : []),
  );
  const { cashMicros, positionValueMicros } = totals;
  const curve = useMemo(() => {
    if (marks.data === undefined) return undefined;
    // What it is worth now is the curve's end, to the second.
    const live =
      cashMicros === undefined || positionValueMicros === undefined
        ? undefined
        : { timeNs: nowNs(), cashMicros, positionValueMicros };
    return equityCurve(marks.data, live);
  }, [marks.data, cashMicros, positionValueMicros]);
  return (
    <Panel
      title="Equity"
      message="ANSWER equity"
      value={marks}
      isStale={isStale}
      onRetry={again}
      isEmpty={() => (curve?.points.length ?? 0) < 2}
      empty="The exchange marks the account at the end of each minute in which it changed: no mark yet."
      actions={<Segments legend="Range" value={range} segments={RANGES} onChange={setRange} />}
    >
      {() =>
        curve === undefined ? null : (
          <div className={styles.curve}>
            <p className={styles.curveFacts}>
              Change <Signed micros={curve.changeMicros} />, deepest fall{" "}
              <Signed micros={-curve.drawdownMicros} />
            </p>
            <EquityChart points={curve.points} />
          </div>
        )
      }
    </Panel>
  );
}
