import type { ReactNode } from "react";
import {
  absolute,
  averagePrice,
  formatExactMoney,
  formatMoney,
  formatPrice,
  formatQuantity,
  type Holding,
  NOTHING,
  type OrderPlan,
  type PlanContext,
  type TicketInput,
} from "@/data";
import styles from "./TradeForm.module.css";

function money(micros: bigint | undefined): string {
  return micros === undefined ? NOTHING : formatMoney(micros);
}

/** "10 YES @ 0.5200", "flat". */
export function holdingText(holding: Holding): string {
  if (holding.netCentis === 0n) return "flat";
  const side = holding.netCentis > 0n ? "YES" : "NO";
  const average = averagePrice(holding);
  const at = average === undefined ? "" : ` @ ${formatPrice(average, 2).slice(0, 6)}`;
  return `${formatQuantity(absolute(holding.netCentis))} ${side}${at}`;
}

function Fact({
  name,
  children,
  title,
  isWide = false,
}: {
  name: string;
  children: ReactNode;
  title?: string;
  isWide?: boolean;
}) {
  return (
    <div title={title} className={isWide ? styles.wide : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** What the order would do, all of it filled: what matches now at its price, the rest at the limit. */
export function PlanFacts({
  input,
  plan,
  context,
}: {
  input: TicketInput;
  plan: OrderPlan | undefined;
  context: PlanContext | undefined;
}) {
  const isClosing = plan !== undefined && plan.closesCentis > 0n;
  // What only closes has one outcome, whatever the market's is.
  const opens = plan !== undefined && plan.opensCentis > 0n ? plan : undefined;
  const bought = (input.contract === "yes") === (input.action === "buy") ? "YES" : "NO";
  return (
    <dl className={styles.facts} data-message="INITIAL_STATE portfolio, BOOK_UPDATE">
      <Fact name="Cost" title="What its contracts cost, without fees">
        {money(plan?.costMicros)}
      </Fact>
      <Fact name="Fee" title="Foretold: matches as taker, the rest as maker">
        {plan?.feeMicros === undefined ? NOTHING : formatExactMoney(plan.feeMicros)}
      </Fact>
      <Fact name="Reserved" title="What the exchange holds back for it until it is filled">
        {money(plan?.holdMicros)}
      </Fact>
      <Fact name="Available">{money(context?.availableMicros)}</Fact>
      <Fact name="Max gain" title="Held to settlement, fees included">
        <span className={styles.gain}>
          {opens?.maximumGainMicros === undefined
            ? NOTHING
            : formatMoney(opens.maximumGainMicros, true)}
        </span>
      </Fact>
      <Fact name="Max loss" title="Held to settlement, fees included">
        <span className={styles.loss}>
          {opens?.maximumLossMicros === undefined
            ? NOTHING
            : formatMoney(-opens.maximumLossMicros, true)}
        </span>
      </Fact>
      <Fact name={`Break-even ${bought}`} title="Price bought at which cost and fee come back">
        {opens?.breakEvenMicros === undefined ? NOTHING : formatPrice(opens.breakEvenMicros)}
      </Fact>
      {isClosing ? (
        <Fact name="Realizes" title="Profit of what it closes, without fees">
          {formatMoney(plan.realizedMicros, true)}
        </Fact>
      ) : (
        <Fact name="Fills now">
          {plan === undefined ? NOTHING : formatQuantity(plan.immediateCentis)}
        </Fact>
      )}
      <Fact name="Position" isWide>
        {context === undefined ? NOTHING : holdingText(context.holding)}
      </Fact>
      <Fact name="Position after" isWide>
        {plan === undefined ? NOTHING : holdingText(plan.positionAfter)}
      </Fact>
    </dl>
  );
}
