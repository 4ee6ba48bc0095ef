import { useState } from "react";
import { Button } from "@/components/Button";
import { SelectField, TextField } from "@/components/Field";
import { operatorMethods, parseMoment, timestampOf } from "@/data";
import styles from "./System.module.css";
import { useOperatorAction } from "./useOperatorAction";

const TICKER = /^[A-Z0-9._-]{1,64}$/;
const GRIDS = [
  "linear_cent",
  "deci_cent",
  "tapered_deci_cent",
  "center_whole_edge_half_cent",
  "center_whole_edge_quint_cent",
  "center_half_edge_half_cent",
  "center_half_edge_quint_cent",
  "center_half_edge_deci_cent",
  "center_quint_edge_quint_cent",
  "center_quint_edge_deci_cent",
  "center_centi_edge_centi_cent",
  "center_deci_edge_centi_cent",
] as const;
type Grid = (typeof GRIDS)[number];

function tickerError(text: string): string | undefined {
  return text === "" || TICKER.test(text) ? undefined : "Upper case, digits, - . _; at most 64";
}

/** The facts of a series, event or market: the title is what people see. */
function factsOf(title: string): string {
  return JSON.stringify({ title });
}

function TickerField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <TextField
      label={label}
      value={value}
      error={tickerError(value)}
      spellCheck={false}
      autoComplete="off"
      onChange={(text) => onChange(text.toUpperCase())}
    />
  );
}

function SeriesForm() {
  const [ticker, setTicker] = useState("");
  const [title, setTitle] = useState("");
  const [isBusy, call] = useOperatorAction();
  return (
    <form
      className={styles.stackForm}
      aria-label="New series"
      onSubmit={(event) => {
        event.preventDefault();
        call(`Series ${ticker} put`, operatorMethods.putSeries, {
          seriesTicker: ticker,
          factsJson: factsOf(title),
        });
      }}
    >
      <h3>Series</h3>
      <TickerField label="Series ticker" value={ticker} onChange={setTicker} />
      <TextField label="Title" value={title} onChange={setTitle} />
      <Button type="submit" disabled={!TICKER.test(ticker) || title === ""} isBusy={isBusy}>
        Put series
      </Button>
    </form>
  );
}

function EventForm() {
  const [series, setSeries] = useState("");
  const [ticker, setTicker] = useState("");
  const [title, setTitle] = useState("");
  const [isExclusive, setExclusive] = useState(false);
  const [isBusy, call] = useOperatorAction();
  return (
    <form
      className={styles.stackForm}
      aria-label="New event"
      onSubmit={(event) => {
        event.preventDefault();
        call(`Event ${ticker} put`, operatorMethods.putEvent, {
          eventTicker: ticker,
          seriesTicker: series,
          mutuallyExclusive: isExclusive,
          factsJson: factsOf(title),
        });
      }}
    >
      <h3>Event</h3>
      <TickerField label="Its series" value={series} onChange={setSeries} />
      <TickerField label="Event ticker" value={ticker} onChange={setTicker} />
      <TextField label="Title" value={title} onChange={setTitle} />
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={isExclusive}
          onChange={(event) => setExclusive(event.target.checked)}
        />
        At most one market pays YES
      </label>
      <Button
        type="submit"
        disabled={!TICKER.test(ticker) || !TICKER.test(series) || title === ""}
        isBusy={isBusy}
      >
        Put event
      </Button>
    </form>
  );
}

function MarketForm() {
  const [eventTicker, setEvent] = useState("");
  const [ticker, setTicker] = useState("");
  const [title, setTitle] = useState("");
  const [grid, setGrid] = useState<Grid>("linear_cent");
  const [closeText, setClose] = useState("");
  const [isBusy, call] = useOperatorAction();
  const closeNs = parseMoment(closeText);
  return (
    <form
      className={styles.stackForm}
      aria-label="New market"
      onSubmit={(event) => {
        event.preventDefault();
        call(`Market ${ticker} put`, operatorMethods.putMarket, {
          marketTicker: ticker,
          eventTicker,
          priceLevelStructure: grid,
          closeTime: timestampOf(closeNs ?? 0n),
          factsJson: factsOf(title),
        });
      }}
    >
      <h3>Market</h3>
      <TickerField label="Its event" value={eventTicker} onChange={setEvent} />
      <TickerField label="Market ticker" value={ticker} onChange={setTicker} />
      <TextField label="Title" value={title} onChange={setTitle} />
      <SelectField
        label="Prices"
        value={grid}
        options={GRIDS.map((value) => ({ value, label: value }))}
        onChange={setGrid}
      />
      <TextField label="Closes" type="datetime-local" value={closeText} onChange={setClose} />
      <Button
        type="submit"
        disabled={!TICKER.test(ticker) || !TICKER.test(eventTicker) || closeNs === undefined}
        isBusy={isBusy}
      >
        Put market
      </Button>
    </form>
  );
}

/** Creates what trades: a series, its events, their markets. */
export function CatalogueForms() {
  return (
    <section className={styles.forms} aria-label="New in the catalogue">
      <SeriesForm />
      <EventForm />
      <MarketForm />
    </section>
  );
}
