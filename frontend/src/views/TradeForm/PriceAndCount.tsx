import { memo } from "react";
import { Button } from "@/components/Button";
import { NumberField } from "@/components/NumberField";
import {
  affordableQuantity,
  CENTIS_PER_CONTRACT,
  formatPrice,
  formatQuantity,
  type PlanContext,
  parsePrice,
  parseQuantity,
  plainDecimal,
  priceDigits,
  readTicket,
  stepPrice,
  type TicketInput,
  yesPriceOf,
} from "@/data";
import styles from "./TradeForm.module.css";
import { editTicket, planContext } from "./ticketStore";

const COUNTS = ["1", "10", "100"] as const;

/** The contract's price so many ticks away; from an empty field, the best one of the book. */
export function steppedPrice(
  input: TicketInput,
  context: PlanContext | undefined,
  ticks: number,
): bigint | null {
  if (context === undefined) return null;
  const parsed = parsePrice(input.priceText);
  const best = context.book?.bids[0]?.priceMicros ?? context.book?.asks[0]?.priceMicros;
  if (!parsed.ok) return best === undefined ? null : yesPriceOf(input.contract, best);
  const yesTicks = input.contract === "yes" ? ticks : -ticks;
  const next = stepPrice(
    context.market.priceBands,
    yesPriceOf(input.contract, parsed.value),
    yesTicks,
  );
  return next === undefined ? null : yesPriceOf(input.contract, next);
}

/** So many contracts more or less, one at least. */
export function steppedCount(input: TicketInput, contracts: number): bigint {
  const parsed = parseQuantity(input.countText);
  const next = (parsed.ok ? parsed.value : 0n) + BigInt(contracts) * CENTIS_PER_CONTRACT;
  return next < CENTIS_PER_CONTRACT ? CENTIS_PER_CONTRACT : next;
}

export function priceTextOf(micros: bigint | null, context: PlanContext | undefined): string {
  if (micros === null) return "";
  return formatPrice(micros, priceDigits(context?.market.priceBands ?? []));
}

export function countTextOf(centis: bigint | null): string {
  return centis === null ? "" : plainDecimal(centis, 2);
}

/** Best prices of the ticket's contract, to take over by a click. */
function PriceChips({ input, context }: { input: TicketInput; context: PlanContext | undefined }) {
  const bid = context?.book?.bids[0]?.priceMicros;
  const ask = context?.book?.asks[0]?.priceMicros;
  const isYes = input.contract === "yes";
  const chips = [
    { label: "Bid", yesMicros: isYes ? bid : ask },
    { label: "Ask", yesMicros: isYes ? ask : bid },
  ];
  return (
    <div className={styles.chips}>
      {chips.map(({ label, yesMicros }) => {
        const text =
          yesMicros === undefined
            ? undefined
            : priceTextOf(yesPriceOf(input.contract, yesMicros), context);
        return (
          <Button
            key={label}
            size="small"
            variant="ghost"
            disabled={text === undefined}
            onClick={() => text !== undefined && editTicket({ priceText: text })}
          >
            {label} {text}
          </Button>
        );
      })}
    </div>
  );
}

interface FieldProps {
  marketTicker: string;
  input: TicketInput;
  error: string | undefined;
}

function CountChips({ marketTicker, input }: Omit<FieldProps, "error">) {
  const setMost = () => {
    const context = planContext(marketTicker);
    if (context === undefined) return;
    const { draft } = readTicket(
      { ...input, countText: "1" },
      context.nowNs,
      context.market.closeTimeNs,
    );
    const most = draft === undefined ? undefined : affordableQuantity(draft, context);
    if (most !== undefined && most > 0n) editTicket({ countText: countTextOf(most) });
  };
  return (
    <div className={styles.chips}>
      {COUNTS.map((countText) => (
        <Button
          key={countText}
          size="small"
          variant="ghost"
          onClick={() => editTicket({ countText })}
        >
          {countText}
        </Button>
      ))}
      <Button
        size="small"
        variant="ghost"
        title="As many as the account can pay at this price"
        onClick={setMost}
      >
        Max
      </Button>
    </div>
  );
}

// The fields look at the market when they are used; it moves too often to draw them anew with it.

const PriceField = memo(function PriceField({ marketTicker, input, error }: FieldProps) {
  const price = parsePrice(input.priceText);
  return (
    <NumberField
      label={`${input.contract.toUpperCase()} price`}
      hint="Dollars, or cents from 1"
      error={error}
      value={price.ok ? price.value : null}
      parse={parsePrice}
      format={formatPrice}
      onChange={(micros) =>
        editTicket({ priceText: priceTextOf(micros, planContext(marketTicker)) })
      }
      step={(_, ticks) => steppedPrice(input, planContext(marketTicker), ticks)}
    />
  );
});

const CountField = memo(function CountField({ marketTicker, input, error }: FieldProps) {
  const count = parseQuantity(input.countText);
  return (
    <>
      <NumberField
        label="Contracts"
        hint="Down to 0.01"
        error={error}
        value={count.ok ? count.value : null}
        parse={parseQuantity}
        format={formatQuantity}
        onChange={(centis) => editTicket({ countText: countTextOf(centis) })}
        step={(_, contracts) => steppedCount(input, contracts)}
      />
      <CountChips marketTicker={marketTicker} input={input} />
    </>
  );
});

export function PriceAndCount({
  marketTicker,
  input,
  context,
  priceError,
  countError,
}: {
  marketTicker: string;
  input: TicketInput;
  context: PlanContext | undefined;
  priceError: string | undefined;
  countError: string | undefined;
}) {
  const ofField = { marketTicker, input };
  return (
    <div className={styles.inputs}>
      <div data-ticket="price">
        <PriceField {...ofField} error={priceError} />
        <PriceChips input={input} context={context} />
      </div>
      <div data-ticket="count">
        <CountField {...ofField} error={countError} />
      </div>
    </div>
  );
}
