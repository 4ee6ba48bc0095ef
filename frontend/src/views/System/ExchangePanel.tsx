import { useState } from "react";
import { Button } from "@/components/Button";
import { SelectField, TextField } from "@/components/Field";
import { Panel } from "@/components/Panel";
import { RefreshButton } from "@/components/RefreshButton";
import { type Column, Table } from "@/components/Table";
import {
  type ActiveFaults,
  callOperator,
  type FaultLogEntry,
  formatCount,
  formatMoment,
  formatPercent,
  operatorMethods,
  parseDecimalOf,
  timestampNs,
  useLoaded,
} from "@/data";
import { type Asked, Confirm } from "./Confirm";
import { FaultScenarios } from "./FaultScenarios";
import styles from "./System.module.css";
import { useOperatorAction } from "./useOperatorAction";

type Switch = "exchange" | "trading" | "accepting";

/** The exchange as a whole: what is on, and the switches for it. */
export function ExchangePanel() {
  const [state, again] = useLoaded("exchange", () => callOperator(operatorMethods.getExchange, {}));
  const [isBusy, call] = useOperatorAction();
  const [asked, setAsked] = useState<Asked>();
  const turn = (which: Switch, isOn: boolean) => {
    const title = `${which} ${isOn ? "on" : "off"}`;
    if (which === "accepting") {
      call(title, operatorMethods.setAccepting, { accepting: isOn }, again);
    } else {
      const change = which === "exchange" ? { exchangeActive: isOn } : { tradingActive: isOn };
      call(title, operatorMethods.setExchangeStatus, change, again);
    }
  };
  const ask = (which: Switch) =>
    setAsked({
      title: `Switch ${which} off`,
      detail: "It concerns everybody at this exchange.",
      doIt: "Switch off",
      leaveIt: "Leave it on",
      run: () => turn(which, false),
    });
  return (
    <Panel
      title="Exchange"
      message="ANSWER operator GetExchange"
      value={state}
      onRetry={again}
      actions={<RefreshButton onClick={again} />}
    >
      {(exchange) => {
        const switches: readonly [Switch, string, boolean][] = [
          ["exchange", "Exchange", exchange.exchangeActive],
          ["trading", "Trading", exchange.tradingActive],
          ["accepting", "Commands of participants", exchange.accepting],
        ];
        return (
          <>
            <dl className={styles.factGrid}>
              {[
                ["Last command", formatCount(exchange.sequenceNumber)],
                ["At", formatMoment(timestampNs(exchange.lastCommandTime))],
                ["Markets", formatCount(exchange.marketCount)],
                ["Accounts", formatCount(exchange.accountCount)],
                ["Open orders", formatCount(exchange.openOrderCount)],
                ["Waiting commands", formatCount(exchange.queueSize)],
              ].map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
            <ul className={styles.switches}>
              {switches.map(([which, name, isOn]) => (
                <li key={which}>
                  <span>
                    {name}: <strong>{isOn ? "on" : "off"}</strong>
                  </span>
                  <Button
                    size="small"
                    variant={isOn ? "danger" : "secondary"}
                    disabled={isBusy}
                    onClick={() => (isOn ? ask(which) : turn(which, true))}
                  >
                    {`${name} ${isOn ? "off" : "on"}`}
                  </Button>
                </li>
              ))}
            </ul>
            <Confirm asked={asked} onClose={() => setAsked(undefined)} />
          </>
        );
      }}
    </Panel>
  );
}

type RateKey =
  | "disconnectMillionths"
  | "tooManyRequestsMillionths"
  | "unavailableMillionths"
  | "dropMillionths"
  | "duplicateMillionths"
  | "sequenceSkipMillionths";

const RATES: readonly { key: RateKey; label: string }[] = [
  { key: "disconnectMillionths", label: "Disconnect %" },
  { key: "tooManyRequestsMillionths", label: "Too many requests %" },
  { key: "unavailableMillionths", label: "Unavailable %" },
  { key: "dropMillionths", label: "Drop frames %" },
  { key: "duplicateMillionths", label: "Duplicate frames %" },
  { key: "sequenceSkipMillionths", label: "Skip numbers %" },
];

const DOORS = [
  { value: "", label: "Every door" },
  { value: "rest", label: "REST" },
  { value: "grpc", label: "gRPC" },
  { value: "websocket", label: "WebSocket" },
  { value: "fix", label: "FIX" },
] as const;
type Door = (typeof DOORS)[number]["value"];

/** What is wrong on purpose, in words. */
function faultText({ profile }: ActiveFaults): string {
  if (profile === undefined) return "nothing";
  const parts = RATES.flatMap(({ key, label }) =>
    profile[key] === 0n
      ? []
      : [`${label.replace(" %", "").toLowerCase()} ${formatPercent(profile[key])}`],
  );
  if (profile.latencyMicros > 0n) parts.unshift(`latency ${profile.latencyMicros / 1_000n} ms`);
  if (profile.jitterMicros > 0n) parts.unshift(`jitter ${profile.jitterMicros / 1_000n} ms`);
  return parts.length === 0 ? "nothing" : parts.join(", ");
}

const EMPTY_RATES = Object.fromEntries(RATES.map(({ key }) => [key, ""])) as Record<
  RateKey,
  string
>;

/** Whole milliseconds; empty is none. */
function readMilliseconds(text: string) {
  return text.trim() === ""
    ? { ok: true as const, value: 0n }
    : parseDecimalOf(text, 3, "Milliseconds", 60_000_000n);
}

/** A share in percent as millionths; empty is none. */
function readRate(text: string) {
  return text.trim() === ""
    ? { ok: true as const, value: 0n }
    : parseDecimalOf(text, 4, "Share", 1_000_000n);
}

function NewFaults({ onDone }: { onDone: () => void }) {
  const [door, setDoor] = useState<Door>("rest");
  const [accountName, setAccount] = useState("");
  const [latency, setLatency] = useState("");
  const [jitter, setJitter] = useState("");
  const [rates, setRates] = useState(EMPTY_RATES);
  const [isBusy, call] = useOperatorAction();
  const parsed = {
    latency: readMilliseconds(latency),
    jitter: readMilliseconds(jitter),
    rates: RATES.map(({ key }) => ({ key, value: readRate(rates[key]) })),
  };
  const isValid =
    parsed.latency.ok &&
    parsed.jitter.ok &&
    parsed.rates.every(({ value }) => value.ok) &&
    (door !== "" || accountName.trim() !== "");
  const set = () => {
    if (!parsed.latency.ok || !parsed.jitter.ok) return;
    const shares = Object.fromEntries(
      parsed.rates.flatMap(({ key, value }) => (value.ok ? [[key, value.value]] : [])),
    );
    call(
      "Faults set",
      operatorMethods.setFaults,
      {
        target: {
          door,
          ...(accountName.trim() === ""
            ? {}
            : { account: { name: { case: "accountName", value: accountName.trim() } } }),
        },
        profile: {
          latencyMicros: parsed.latency.value,
          jitterMicros: parsed.jitter.value,
          ...shares,
        },
      },
      onDone,
    );
  };
  const errorOf = (value: ReturnType<typeof readRate>) => (value.ok ? undefined : value.reason);
  return (
    <form
      className={styles.faultForm}
      aria-label="New faults"
      onSubmit={(event) => {
        event.preventDefault();
        if (isValid) set();
      }}
    >
      <SelectField label="Door" value={door} options={DOORS} onChange={setDoor} />
      <TextField
        label="Account"
        value={accountName}
        placeholder="everybody"
        onChange={setAccount}
      />
      <TextField
        label="Latency ms"
        value={latency}
        error={errorOf(parsed.latency)}
        onChange={setLatency}
      />
      <TextField
        label="Jitter ms"
        value={jitter}
        error={errorOf(parsed.jitter)}
        onChange={setJitter}
      />
      {parsed.rates.map(({ key, value }, i) => (
        <TextField
          key={key}
          label={RATES[i]?.label ?? key}
          value={rates[key]}
          error={errorOf(value)}
          onChange={(text) => setRates({ ...rates, [key]: text })}
        />
      ))}
      <Button type="submit" variant="danger" disabled={!isValid} isBusy={isBusy}>
        Set faults
      </Button>
    </form>
  );
}

const LOG_COLUMNS: readonly Column<FaultLogEntry>[] = [
  { key: "number", header: "No.", align: "end", cell: (row) => String(row.number) },
  { key: "door", header: "Door", cell: (row) => row.door },
  { key: "kind", header: "Kind", cell: (row) => row.kind },
  {
    key: "where",
    header: "Connection, message",
    align: "end",
    isSecondary: true,
    cell: (row) => `${row.connectionOrdinal}, ${row.messageOrdinal}`,
  },
  {
    key: "delay",
    header: "Delay",
    align: "end",
    isSecondary: true,
    cell: (row) => (row.delayMicros === 0n ? "" : `${row.delayMicros / 1_000n} ms`),
  },
];

const LOG_SHOWN = 500;

/** What goes wrong on purpose: scenarios for those who test against this exchange. */
export function FaultsPanel() {
  const [faults, again] = useLoaded("faults", async () => {
    const [active, log] = await Promise.all([
      callOperator(operatorMethods.listFaults, {}),
      callOperator(operatorMethods.listFaultLog, {}),
    ]);
    const entries = log.entries.slice(-LOG_SHOWN).reverse();
    return { allowed: active.allowed, profiles: active.profiles, entries };
  });
  const [isBusy, call] = useOperatorAction();
  const clear = (target: ActiveFaults | undefined) =>
    call(
      target === undefined ? "All faults ended" : "Faults ended",
      operatorMethods.clearFaults,
      target === undefined
        ? {}
        : {
            target: {
              door: target.door,
              ...(target.accountId === 0n
                ? {}
                : { account: { name: { case: "accountId", value: target.accountId } } }),
            },
          },
      again,
    );
  return (
    <Panel
      title="Faults on purpose"
      message="ANSWER operator ListFaults, ListFaultLog"
      value={faults}
      onRetry={again}
      isFlush={faults.data?.allowed !== false}
      actions={
        <>
          <RefreshButton onClick={again} />
          <Button
            size="small"
            disabled={isBusy || (faults.data?.profiles.length ?? 0) === 0}
            onClick={() => clear(undefined)}
          >
            End all
          </Button>
        </>
      }
    >
      {({ allowed, profiles, entries }) =>
        allowed ? (
          <>
            <ul className={styles.switches}>
              {profiles.map((active) => (
                <li key={`${active.door}/${active.accountId}`}>
                  <span>
                    <strong>{active.door || "every door"}</strong>
                    {active.accountId === 0n ? "" : `, account ${active.accountId}`}
                    {`: ${faultText(active)}; ${active.messageCount} messages seen`}
                  </span>
                  <Button size="small" disabled={isBusy} onClick={() => clear(active)}>
                    End
                  </Button>
                </li>
              ))}
            </ul>
            <FaultScenarios active={profiles} onChange={again} />
            <NewFaults onDone={again} />
            <Table
              label="Faults that happened"
              columns={LOG_COLUMNS}
              rows={entries}
              keyOf={(row) => String(row.number)}
              empty="Nothing went wrong on purpose."
            />
          </>
        ) : (
          <p className={styles.cardNote}>
            The exchange was started without faults (--faults=allowed).
          </p>
        )
      }
    </Panel>
  );
}
