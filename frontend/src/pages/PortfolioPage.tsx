import { type ReactNode, useMemo, useRef } from "react";
import { useShare } from "@/app/settings";
import { ExportButton } from "@/components/ExportButton";
import { Panel } from "@/components/Panel";
import { Split } from "@/components/Split";
import { Table } from "@/components/Table";
import { useIsNarrow } from "@/components/useMedia";
import {
  accountTotals,
  type EventExposure,
  exposureRows,
  type Live,
  type MarketsView,
  type PortfolioView,
  positionRows,
  useMarkets,
  usePortfolio,
} from "@/data";
import { AccountTabs } from "@/views/Portfolio/AccountTabs";
import { exposureColumns } from "@/views/Portfolio/columns";
import { EquityPanel } from "@/views/Portfolio/EquityPanel";
import styles from "@/views/Portfolio/Portfolio.module.css";
import { Summary } from "@/views/Portfolio/Summary";

const NO_MARKETS: MarketsView = new Map();

/** The own account: what it is worth, what it holds, what it did. */
export default function PortfolioPage() {
  const portfolio = usePortfolio();
  const markets = useMarkets().value.data ?? NO_MARKETS;
  const { data } = portfolio.value;
  const rows = useMemo(
    () => positionRows(data?.positions ?? [], (ticker) => markets.get(ticker)),
    [data?.positions, markets],
  );
  const totals = useMemo(() => accountTotals(data?.balance, rows), [data?.balance, rows]);
  const exposure = useMemo(
    () => exposureRows(rows, (ticker) => markets.get(ticker)),
    [rows, markets],
  );
  const equityPanel = <EquityPanel totals={totals} isStale={portfolio.isStale} />;
  const exposurePanel = <ExposurePanel portfolio={portfolio} exposure={exposure} />;
  const tables = (
    <Panel
      title="Account"
      message="INITIAL_STATE portfolio, UPDATE_PORTFOLIO"
      value={portfolio.value}
      isStale={portfolio.isStale}
      isFlush
      isHeadHidden
      className={styles.tables}
    >
      {(view) => <AccountTabs portfolio={view} rows={rows} />}
    </Panel>
  );
  const isNarrow = useIsNarrow();
  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">Portfolio</h1>
      <Summary totals={totals} isStale={portfolio.isStale} />
      {isNarrow ? (
        <>
          <div className={styles.stacked}>{equityPanel}</div>
          <div className={styles.stacked}>{exposurePanel}</div>
          {tables}
        </>
      ) : (
        <WideParts equity={equityPanel} exposure={exposurePanel} tables={tables} />
      )}
    </div>
  );
}

function WideParts({
  equity,
  exposure,
  tables,
}: Record<"equity" | "exposure" | "tables", ReactNode>) {
  const [left, setLeft] = useShare("portfolio.left", 58);
  const [top, setTop] = useShare("portfolio.top", 36);
  return (
    <div className={styles.parts}>
      <Split
        label="Height of the equity curve"
        direction="column"
        share={top}
        onShare={setTop}
        first={
          <Split
            label="Width of the equity curve"
            direction="row"
            share={left}
            onShare={setLeft}
            first={equity}
            second={exposure}
          />
        }
        second={tables}
      />
    </div>
  );
}

function ExposurePanel({
  portfolio,
  exposure,
}: {
  portfolio: Live<PortfolioView>;
  exposure: readonly EventExposure[];
}) {
  const markets = useMarkets().value.data ?? NO_MARKETS;
  const columns = useMemo(() => {
    const titles = new Map<string, string>();
    for (const { market } of markets.values()) titles.set(market.eventTicker, market.title);
    return exposureColumns((eventTicker) => titles.get(eventTicker) ?? "");
  }, [markets]);
  const shown = useRef<readonly EventExposure[]>([]);
  return (
    <Panel
      title="Exposure by event"
      message="INITIAL_STATE portfolio, UPDATE_PORTFOLIO, MARKET_TICKER"
      value={portfolio.value}
      isStale={portfolio.isStale}
      isFlush
      actions={<ExportButton name="exposure" columns={columns} rows={exposure} shownRows={shown} />}
    >
      {() => (
        <Table
          label="Exposure by event"
          columns={columns}
          rows={exposure}
          keyOf={(row) => row.eventTicker}
          shownRows={shown}
          empty="No position is open."
        />
      )}
    </Panel>
  );
}
