import type { ReactNode } from "react";
import { Badge } from "@/components/Badge";
import { type AccountTotals, formatExactMoney, formatMoney, NOTHING } from "@/data";
import { Signed } from "@/views/columns/Signed";
import styles from "./Portfolio.module.css";

function money(micros: bigint | undefined): string {
  return micros === undefined ? NOTHING : formatMoney(micros);
}

function Figure({
  name,
  note,
  mark,
  children,
}: {
  name: string;
  note?: string;
  mark?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className={styles.figure} title={note}>
      <dt>
        {name} {mark}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The sums of the account. */
export function Summary({ totals, isStale }: { totals: AccountTotals; isStale: boolean }) {
  const unmarked =
    totals.unmarkedCount === 0
      ? "Positions at what the book pays for them"
      : `${totals.unmarkedCount} of ${totals.positionCount} positions have no bid and count as nothing`;
  return (
    <dl
      className={styles.summary}
      data-message="INITIAL_STATE portfolio, UPDATE_PORTFOLIO"
      data-stale={isStale || undefined}
    >
      <Figure name="Equity" note={unmarked} mark={isStale && <Badge tone="warning">Stale</Badge>}>
        <span className={styles.equity}>{money(totals.equityMicros)}</span>
      </Figure>
      <Figure name="Available" note="Cash less what resting orders reserve">
        {money(totals.availableMicros)}
      </Figure>
      <Figure name="Cash">{money(totals.cashMicros)}</Figure>
      <Figure name="Collateral of orders" note="Reserved by the exchange for resting orders">
        {money(totals.holdMicros)}
      </Figure>
      <Figure name="Positions" note={unmarked}>
        {money(totals.positionValueMicros)}
        {totals.unmarkedCount > 0 ? (
          <small className={styles.note}>{` ${totals.unmarkedCount} without a bid`}</small>
        ) : null}
      </Figure>
      <Figure name="Unrealized">
        <Signed micros={totals.unrealizedMicros} />
      </Figure>
      <Figure name="Realized, open positions" note="Without what was closed or paid out">
        <Signed micros={totals.realizedMicros} />
      </Figure>
      <Figure name="Fees, open positions" note="Without what was closed or paid out">
        {totals.feesMicros === undefined ? NOTHING : formatExactMoney(totals.feesMicros)}
      </Figure>
    </dl>
  );
}
