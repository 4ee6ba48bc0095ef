import { memo, useEffect, useMemo, useRef, useState } from "react";
import { Button } from "@/components/Button";
import { SelectField, TextField } from "@/components/Field";
import { type Segment, Segments } from "@/components/Segments";
import {
  type BookView,
  type ContractName,
  complement,
  formatPrice,
  type Market,
  MICROS_PER_DOLLAR,
  type PlanContext,
  priceDigits,
  type TicketInput,
  TimeInForce,
  ticketText,
  useConnection,
  useMarketFacts,
  usePortfolio,
  useSampledBook,
  useSessionStore,
} from "@/data";
import { BatchQuotes } from "./BatchQuotes";
import { GroupField } from "./GroupField";
import { OneClick } from "./OneClick";
import { OutcomeLine } from "./OutcomeLine";
import { PlanFacts } from "./PlanFacts";
import { PriceAndCount } from "./PriceAndCount";
import { TicketKeys } from "./TicketKeys";
import styles from "./TradeForm.module.css";
import {
  editTicket,
  openTicket,
  planContext,
  planTicket,
  sendTicket,
  type TicketPlan,
  useTicketStore,
} from "./ticketStore";

/** Why no order can be sent at all now; empty: one can. */
function useBlock(market: Market | undefined): string {
  const role = useSessionStore((state) => state.session?.role);
  const { status } = useConnection();
  if (role === "viewer") return "Your role is viewer: you can watch, not trade.";
  if (status !== "open") return "No connection to the gateway: nothing can be sent.";
  if (market === undefined) return "Nothing is known of this market yet.";
  return "";
}

/** The best price at which the contract can be bought, as its button shows it. */
function askText(contract: ContractName, book: BookView | undefined, digits: number): string {
  const ask = book?.asks[0]?.priceMicros;
  const bid = book?.bids[0]?.priceMicros;
  const price = contract === "yes" ? ask : bid === undefined ? undefined : complement(bid);
  return price === undefined || price >= MICROS_PER_DOLLAR ? "\u2013" : formatPrice(price, digits);
}

/** The ticket is foretold anew so often; an order is checked by the book of the moment it is sent. */
const BOOK_MS = 200;

const TIMES_IN_FORCE = [
  { value: TimeInForce.GOOD_TILL_CANCELED, label: "GTC" },
  { value: TimeInForce.IMMEDIATE_OR_CANCEL, label: "IOC" },
  { value: TimeInForce.FILL_OR_KILL, label: "FOK" },
] as const;

const ACTIONS = [
  { value: "buy", label: "Buy" },
  { value: "sell", label: "Sell" },
] as const;

// Always the same functions: a part of the form is drawn when what it shows has changed.
const setContract = (contract: ContractName) => editTicket({ contract, priceText: "" });
const setAction = (action: TicketInput["action"]) => editTicket({ action });
const setTimeInForce = (timeInForce: TicketInput["timeInForce"]) => editTicket({ timeInForce });

const EXPIRIES: readonly { value: TicketInput["expiry"]; label: string }[] = [
  { value: "never", label: "Never" },
  { value: "1m", label: "In 1 minute" },
  { value: "5m", label: "In 5 minutes" },
  { value: "1h", label: "In 1 hour" },
  { value: "close", label: "At the close" },
  { value: "at", label: "At \u2026" },
];

const Terms = memo(function Terms({
  input,
  expiryError,
  isDisabled,
  version,
}: {
  input: TicketInput;
  expiryError: string | undefined;
  isDisabled: boolean;
  version: unknown;
}) {
  return (
    <div className={styles.terms}>
      <Segments
        legend="Time in force"
        value={input.timeInForce}
        segments={TIMES_IN_FORCE}
        onChange={setTimeInForce}
      />
      <label className={styles.box}>
        <input
          type="checkbox"
          checked={input.isPostOnly}
          onChange={(event) => editTicket({ isPostOnly: event.target.checked })}
        />
        Post only
      </label>
      <label className={styles.box}>
        <input
          type="checkbox"
          checked={input.isReduceOnly}
          onChange={(event) => editTicket({ isReduceOnly: event.target.checked })}
        />
        Reduce only
      </label>
      <SelectField
        label="Expires"
        value={input.expiry}
        options={EXPIRIES}
        error={input.expiry === "at" ? undefined : expiryError}
        onChange={(expiry) => editTicket({ expiry })}
      />
      <GroupField
        value={input.orderGroupId}
        isDisabled={isDisabled}
        version={version}
        onChange={(orderGroupId) => editTicket({ orderGroupId })}
      />
      {input.expiry === "at" ? (
        <TextField
          label="Expires at"
          type="datetime-local"
          value={input.expiryText}
          error={expiryError}
          onChange={(expiryText) => editTicket({ expiryText })}
        />
      ) : null}
    </div>
  );
});

function Problems({ planned }: { planned: TicketPlan }) {
  const { plan, problems } = planned;
  const shown = problems.filter((problem) => problem.reason !== "Incomplete");
  const notices = plan?.notices ?? [];
  if (shown.length === 0 && notices.length === 0) return null;
  return (
    <ul className={styles.notices}>
      {shown.map((problem) => (
        <li key={problem.reason} data-kind="problem">
          <strong>{problem.reason}</strong> {problem.message}
        </li>
      ))}
      {notices.map((notice) => (
        <li key={notice.kind} data-kind={notice.kind}>
          {notice.message}
        </li>
      ))}
    </ul>
  );
}

/** Several orders at once; while it is folded it does not follow the market. */
function QuoteHelper({
  context,
  ...rest
}: {
  marketTicker: string;
  context: PlanContext | undefined;
  isDisabled: boolean;
}) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details className={styles.helper} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>Quote ladder</summary>
      <BatchQuotes context={isOpen ? context : undefined} {...rest} />
    </details>
  );
}

/** Plans anew when book, account or market change; the clock moves with them. */
function usePlan(
  marketTicker: string,
  input: TicketInput,
  versions: readonly unknown[],
): { context: PlanContext | undefined; planned: TicketPlan } {
  return useMemo(() => {
    const context = planContext(marketTicker);
    const planned =
      context === undefined ? { plan: undefined, problems: [] } : planTicket(input, context);
    return { context, planned };
  }, [marketTicker, input, ...versions]);
}

/** The ticket of a market: one order, foretold before it is sent. */
export const TradeForm = memo(function TradeForm({ marketTicker }: { marketTicker: string }) {
  const market = useMarketFacts(marketTicker);
  const { value: book } = useSampledBook(marketTicker, "live", BOOK_MS);
  const { value: portfolio } = usePortfolio();
  const { input, sendingCount, outcome, marketTicker: opened } = useTicketStore();
  const form = useRef<HTMLFormElement>(null);
  const block = useBlock(market);
  useEffect(() => openTicket(marketTicker), [marketTicker]);
  const { context, planned } = usePlan(marketTicker, input, [
    market,
    book.data,
    portfolio.data,
    opened,
  ]);
  const digits = priceDigits(market?.priceBands ?? []);
  const yesAsk = askText("yes", book.data, digits);
  const noAsk = askText("no", book.data, digits);
  const contracts = useMemo<Segment<ContractName>[]>(
    () => [
      { value: "yes", label: "YES", detail: yesAsk, tone: "yes" },
      { value: "no", label: "NO", detail: noAsk, tone: "no" },
    ],
    [yesAsk, noAsk],
  );
  const errorOf = (field: string) =>
    planned.problems.find((problem) => problem.field === field)?.message;
  const tone = (input.contract === "yes") === (input.action === "buy") ? "yes" : "no";
  const isBlocked = block !== "" || planned.problems.length > 0;

  return (
    <form
      ref={form}
      className={styles.form}
      aria-label="Order ticket"
      onKeyDown={(event) => {
        // Enter that is held down sends one order, not thirty a second.
        if (event.key === "Enter" && event.repeat) event.preventDefault();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBlocked) void sendTicket(marketTicker, input);
      }}
    >
      <TicketKeys form={form} marketTicker={marketTicker} />
      <OneClick isDisabled={block !== ""} />
      <Segments
        legend="Contract"
        value={input.contract}
        segments={contracts}
        onChange={setContract}
      />
      <Segments legend="Action" value={input.action} segments={ACTIONS} onChange={setAction} />
      <PriceAndCount
        marketTicker={marketTicker}
        input={input}
        context={context}
        priceError={input.priceText === "" ? undefined : errorOf("price")}
        countError={input.countText === "" ? undefined : errorOf("quantity")}
      />
      <Terms
        input={input}
        expiryError={errorOf("expiration")}
        isDisabled={block !== ""}
        version={outcome}
      />
      <PlanFacts input={input} plan={planned.plan} context={context} />
      <div className={styles.send}>
        <Problems planned={planned} />
        {block === "" ? null : <p className={styles.block}>{block}</p>}
        <Button
          type="submit"
          size="large"
          variant={tone}
          disabled={isBlocked}
          isBusy={sendingCount > 0}
        >
          {ticketText(input)}
        </Button>
        <OutcomeLine outcome={outcome} />
      </div>
      <QuoteHelper marketTicker={marketTicker} context={context} isDisabled={block !== ""} />
    </form>
  );
});
