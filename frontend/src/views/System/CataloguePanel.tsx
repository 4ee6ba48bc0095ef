import type { ReactNode } from "react";
import { useId, useMemo, useState } from "react";
import { Badge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { SelectField, TextField } from "@/components/Field";
import { Panel } from "@/components/Panel";
import {
  callOperator,
  currentMarkets,
  formatMoment,
  formatQuantity,
  inputMoment,
  MarketResult,
  MarketStatus,
  type OperatorMarket,
  operatorMethods,
  parseDollarValue,
  parseMoment,
  success,
  timestampNs,
  timestampOf,
  useCatalogueVersion,
  useLoaded,
  useMarketsKept,
} from "@/data";
import { CatalogueForms } from "./CatalogueForms";
import { type Asked, Confirm } from "./Confirm";
import styles from "./System.module.css";
import { useOperatorAction } from "./useOperatorAction";

type Outcome = "yes" | "no" | "scalar" | "void";

const OUTCOMES: readonly { value: Outcome; label: string; result: MarketResult }[] = [
  { value: "yes", label: "YES pays one dollar", result: MarketResult.YES },
  { value: "no", label: "NO pays one dollar", result: MarketResult.NO },
  { value: "scalar", label: "Both pay a value", result: MarketResult.SCALAR },
  { value: "void", label: "Void: positions are paid back", result: MarketResult.VOID },
];

function statusText(status: MarketStatus): string {
  return (MarketStatus[status] ?? "").toLowerCase();
}

function Facts({ market }: { market: OperatorMarket }) {
  const facts: readonly [string, ReactNode][] = [
    ["Status", <Badge key="status">{statusText(market.status)}</Badge>],
    ["Event", market.eventTicker],
    ["Opens", formatMoment(timestampNs(market.openTime))],
    ["Closes", formatMoment(timestampNs(market.closeTime))],
    ["Prices", market.priceLevelStructure],
    ["Volume", formatQuantity(market.volumeCentis)],
    ["Open interest", formatQuantity(market.openInterestCentis)],
    ["Resting orders", String(market.orders?.restingCount ?? 0n)],
    ["Book hash", <code key="hash">{market.bookHash}</code>],
  ];
  return (
    <dl className={styles.factGrid}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Determine({
  market,
  isBusy,
  ask,
  call,
}: {
  market: OperatorMarket;
  isBusy: boolean;
  ask: (asked: Asked) => void;
  call: (result: MarketResult, valueMicros: bigint | undefined, observed: string) => void;
}) {
  const [outcome, setOutcome] = useState<Outcome>("yes");
  const [valueText, setValueText] = useState("");
  const [observed, setObserved] = useState("");
  const needsValue = outcome === "scalar";
  const value = valueText.trim() === "" ? undefined : parseDollarValue(valueText);
  const fault = value !== undefined && !value.ok ? value.reason : undefined;
  const chosen = OUTCOMES.find((one) => one.value === outcome) ?? OUTCOMES[0];
  const takesValue = needsValue || outcome === "void";
  return (
    <div className={styles.inlineForm}>
      <SelectField label="Outcome" value={outcome} options={OUTCOMES} onChange={setOutcome} />
      {takesValue ? (
        <TextField
          label="YES pays"
          value={valueText}
          placeholder={needsValue ? "0.00" : "last price"}
          error={fault}
          onChange={setValueText}
        />
      ) : null}
      <TextField
        label="Observed fact"
        value={observed}
        maxLength={128}
        onChange={setObserved}
        placeholder="for people"
      />
      <Button
        variant="danger"
        disabled={isBusy || fault !== undefined || (needsValue && value === undefined)}
        onClick={() =>
          ask({
            title: `Determine ${market.marketTicker}`,
            detail: `The outcome becomes: ${chosen?.label}. The settlement timer starts.`,
            run: () =>
              call(
                chosen?.result ?? MarketResult.UNSPECIFIED,
                takesValue && value?.ok === true ? value.value : undefined,
                observed,
              ),
          })
        }
      >
        Determine
      </Button>
    </div>
  );
}

function Lifecycle({ market, again }: { market: OperatorMarket; again: () => void }) {
  const [isBusy, call] = useOperatorAction();
  const [asked, setAsked] = useState<Asked>();
  const [closeText, setCloseText] = useState(() => inputMoment(timestampNs(market.closeTime)));
  const { marketTicker } = market;
  const closeNs = parseMoment(closeText);
  const is = (...statuses: MarketStatus[]) => statuses.includes(market.status);
  const isOpen = is(MarketStatus.ACTIVE, MarketStatus.INACTIVE);
  const { activateMarket, deactivateMarket, closeMarket, settleMarket, disputeMarket } =
    operatorMethods;
  return (
    <>
      <div className={styles.inlineForm}>
        <Button
          disabled={isBusy || !is(MarketStatus.INITIALIZED, MarketStatus.INACTIVE)}
          onClick={() => call("Market opened", activateMarket, { marketTicker }, again)}
        >
          Open
        </Button>
        <Button
          disabled={isBusy || !is(MarketStatus.ACTIVE)}
          onClick={() => call("Market paused", deactivateMarket, { marketTicker }, again)}
        >
          Pause
        </Button>
        <Button
          variant="danger"
          disabled={isBusy || !isOpen}
          onClick={() =>
            setAsked({
              title: `Close ${marketTicker}`,
              detail: "Trading ends now, and its resting orders are canceled.",
              run: () => call("Market closed", closeMarket, { marketTicker }, again),
            })
          }
        >
          Close now
        </Button>
        <TextField
          label="Close time"
          type="datetime-local"
          step={1}
          value={closeText}
          onChange={setCloseText}
        />
        <Button
          disabled={isBusy || closeNs === undefined}
          onClick={() =>
            call(
              "Close time moved",
              operatorMethods.setMarketCloseTime,
              { marketTicker, closeTime: timestampOf(closeNs ?? 0n) },
              again,
            )
          }
        >
          Move close
        </Button>
      </div>
      <Determine
        market={market}
        isBusy={isBusy || !is(MarketStatus.CLOSED, MarketStatus.DISPUTED)}
        ask={setAsked}
        call={(result, settlementValueMicros, expirationValue) =>
          call(
            "Market determined",
            operatorMethods.determineMarket,
            {
              marketTicker,
              result,
              expirationValue,
              ...(settlementValueMicros === undefined ? {} : { settlementValueMicros }),
            },
            again,
          )
        }
      />
      <div className={styles.inlineForm}>
        <Button
          disabled={isBusy || !is(MarketStatus.DETERMINED)}
          onClick={() => call("Outcome disputed", disputeMarket, { marketTicker }, again)}
        >
          Dispute
        </Button>
        <Button
          variant="danger"
          disabled={isBusy || !is(MarketStatus.DETERMINED, MarketStatus.AMENDED)}
          onClick={() =>
            setAsked({
              title: `Settle ${marketTicker}`,
              detail: "Every position is paid now, without waiting for the settlement timer.",
              run: () => call("Market settled", settleMarket, { marketTicker }, again),
            })
          }
        >
          Settle now
        </Button>
        <Button variant="ghost" onClick={again}>
          Refresh
        </Button>
      </div>
      <Confirm asked={asked} onClose={() => setAsked(undefined)} />
    </>
  );
}

/** One market by its ticker, and what an operator can do with it. */
export function CataloguePanel() {
  const listId = useId();
  useMarketsKept();
  const version = useCatalogueVersion();
  const [text, setText] = useState("");
  const [ticker, setTicker] = useState("");
  // biome-ignore lint/correctness/useExhaustiveDependencies(version): the catalogue has changed.
  const tickers = useMemo(
    () => currentMarkets().map(({ market }) => market.marketTicker),
    [version],
  );
  const [market, again] = useLoaded(ticker === "" ? null : `market/${ticker}`, async () => {
    const response = await callOperator(operatorMethods.getMarket, { marketTicker: ticker });
    return response.market ?? null;
  });
  return (
    <div className={styles.columns}>
      <Panel
        title="Market"
        message="ANSWER operator GetMarket"
        value={market.status === "idle" ? success(null) : market}
        onRetry={again}
        actions={
          <form
            className={styles.lookUp}
            onSubmit={(event) => {
              event.preventDefault();
              setTicker(text.trim());
            }}
          >
            <TextField
              label="Ticker of the market"
              isLabelHidden
              size="small"
              value={text}
              placeholder="Ticker"
              list={listId}
              spellCheck={false}
              autoComplete="off"
              onChange={setText}
            />
            <datalist id={listId}>
              {tickers.map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
            <Button type="submit" size="small" disabled={text.trim() === ""}>
              Look up
            </Button>
          </form>
        }
      >
        {(found) =>
          found === null ? (
            <p className={styles.cardNote}>Name a market to see and change where it stands.</p>
          ) : (
            <>
              <h3 className={styles.subject}>{found.marketTicker}</h3>
              <Facts market={found} />
              <Lifecycle key={found.marketTicker} market={found} again={again} />
            </>
          )
        }
      </Panel>
      <CatalogueForms />
    </div>
  );
}
