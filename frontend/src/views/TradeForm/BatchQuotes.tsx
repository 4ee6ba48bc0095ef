import { memo, useState } from "react";
import { Button } from "@/components/Button";
import { SelectField, TextField } from "@/components/Field";
import {
  BookSide,
  formatPrice,
  formatQuantity,
  type PlanContext,
  parsePrice,
  parseQuantity,
  priceDigits,
  QUOTE_COUNT_MAX,
  type QuoteDraft,
  quoteLadder,
  quotesProblem,
  type RequestError,
  sendCommand,
  TimeInForce,
} from "@/data";
import { isRefused, resultText } from "./OutcomeLine";
import styles from "./TradeForm.module.css";

interface QuoteInput {
  middle: string;
  offset: string;
  levels: string;
  spacing: string;
  count: string;
  sides: "both" | "bids" | "asks";
}

const INITIAL: QuoteInput = {
  middle: "",
  offset: "1",
  levels: "3",
  spacing: "1",
  count: "10",
  sides: "both",
};

const SIDES: readonly { value: QuoteInput["sides"]; label: string }[] = [
  { value: "both", label: "Both" },
  { value: "bids", label: "Bids" },
  { value: "asks", label: "Asks" },
];

type TextKey = Exclude<keyof QuoteInput, "sides">;

function readWhole(text: string) {
  return /^\d{1,4}$/.test(text.trim())
    ? { ok: true as const, value: Number(text) }
    : { ok: false as const, reason: "A whole number is meant" };
}

/** The middle that was typed, or that of the book. */
function readMiddle(text: string, book: PlanContext["book"]) {
  if (text.trim() !== "") return parsePrice(text);
  const bid = book?.bids[0]?.priceMicros;
  const ask = book?.asks[0]?.priceMicros;
  const value = bid === undefined || ask === undefined ? (bid ?? ask) : (bid + ask) / 2n;
  return value === undefined
    ? { ok: false as const, reason: "The book is empty: name a price" }
    : { ok: true as const, value };
}

/** The quotes that are wanted, or what of the inputs cannot be read. */
function readQuotes(
  input: QuoteInput,
  context: PlanContext | undefined,
): { drafts: QuoteDraft[]; errors: Partial<Record<TextKey, string>> } {
  if (context === undefined) return { drafts: [], errors: {} };
  const read = {
    middle: readMiddle(input.middle, context.book),
    offset: readWhole(input.offset),
    levels: readWhole(input.levels),
    spacing: readWhole(input.spacing),
    count: parseQuantity(input.count),
  };
  const { middle, offset, levels, spacing, count } = read;
  if (!middle.ok || !offset.ok || !levels.ok || !spacing.ok || !count.ok) {
    const errors: Partial<Record<TextKey, string>> = {};
    for (const [key, one] of Object.entries(read)) if (!one.ok) errors[key as TextKey] = one.reason;
    return { drafts: [], errors };
  }
  const drafts = quoteLadder(
    context.market.priceBands,
    {
      middleMicros: middle.value,
      offsetTicks: offset.value,
      levelCount: levels.value,
      spacingTicks: spacing.value,
      quantityCentis: count.value,
      sides: input.sides,
    },
    {
      bidMicros: context.book?.bids[0]?.priceMicros,
      askMicros: context.book?.asks[0]?.priceMicros,
    },
  );
  return { drafts, errors: {} };
}

interface Summary {
  resting: number;
  refused: string[];
}

/** Sends every quote as an order that only rests; what is refused is counted by its name. */
async function sendQuotes(marketTicker: string, drafts: readonly QuoteDraft[]): Promise<Summary> {
  const results = await Promise.allSettled(
    drafts.map((draft) =>
      sendCommand({
        case: "createOrder",
        value: {
          marketTicker,
          side: draft.side,
          priceMicros: draft.priceMicros,
          quantityCentis: draft.quantityCentis,
          timeInForce: TimeInForce.GOOD_TILL_CANCELED,
          postOnly: true,
        },
      }),
    ),
  );
  const refused = results.flatMap((result) => {
    if (result.status === "rejected") {
      const error = result.reason as RequestError;
      return [`${error.reason}: ${error.message}`];
    }
    return isRefused(result.value) ? [resultText(result.value)] : [];
  });
  return { resting: results.length - refused.length, refused };
}

/** A ladder of orders around a price, all post only. */
export const BatchQuotes = memo(function BatchQuotes({
  marketTicker,
  context,
  isDisabled,
}: {
  marketTicker: string;
  context: PlanContext | undefined;
  isDisabled: boolean;
}) {
  const [input, setInput] = useState(INITIAL);
  const [isSending, setSending] = useState(false);
  const [summary, setSummary] = useState<Summary>();
  const { drafts, errors } = readQuotes(input, context);
  const problem = context && quotesProblem(drafts, context);
  const digits = priceDigits(context?.market.priceBands ?? []);
  const field = (key: TextKey, label: string, placeholder = "") => (
    <TextField
      label={label}
      inputMode="decimal"
      autoComplete="off"
      value={input[key]}
      placeholder={placeholder}
      error={errors[key]}
      onChange={(text) => setInput({ ...input, [key]: text })}
      onKeyDown={(event) => {
        // Enter here is not the ticket's.
        if (event.key === "Enter") event.preventDefault();
      }}
    />
  );
  const send = async () => {
    setSending(true);
    setSummary(undefined);
    try {
      setSummary(await sendQuotes(marketTicker, drafts));
    } finally {
      setSending(false);
    }
  };
  return (
    <div className={styles.quotes}>
      <div className={styles.terms}>
        {field("middle", "Middle", "of the book")}
        {field("count", "Contracts each")}
        {field("offset", "First tick")}
        {field("spacing", "Ticks apart")}
        {field("levels", "Levels a side")}
        <SelectField
          label="Sides"
          value={input.sides}
          options={SIDES}
          onChange={(sides) => setInput({ ...input, sides })}
        />
      </div>
      <ol className={styles.quoteList} aria-label="Quotes that would be sent">
        {drafts.map((draft) => (
          <li
            key={`${draft.side}${draft.priceMicros}`}
            data-tone={draft.side === BookSide.BID ? "yes" : "no"}
          >
            <span>{draft.side === BookSide.BID ? "bid" : "ask"}</span>
            <span>{formatPrice(draft.priceMicros, digits)}</span>
            <span>{formatQuantity(draft.quantityCentis)}</span>
          </li>
        ))}
      </ol>
      {problem === undefined ? null : (
        <ul className={styles.notices}>
          <li data-kind="problem">
            <strong>{problem.reason}</strong> {problem.message}
          </li>
        </ul>
      )}
      <Button
        disabled={isDisabled || drafts.length === 0 || problem !== undefined}
        isBusy={isSending}
        onClick={() => void send()}
      >
        {`Place ${drafts.length} quote${drafts.length === 1 ? "" : "s"}`}
      </Button>
      <p className={styles.hint}>Post only, good till canceled; at most {QUOTE_COUNT_MAX}.</p>
      <output className={styles.outcome} data-bad={(summary?.refused.length ?? 0) > 0 || undefined}>
        {summary === undefined
          ? null
          : `${summary.resting} resting${
              summary.refused.length === 0
                ? ""
                : `, ${summary.refused.length} refused. ${summary.refused[0]}`
            }`}
      </output>
    </div>
  );
});
