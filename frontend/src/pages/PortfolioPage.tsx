import { useMemo } from "react";
import { ExportButton } from "@/components/ExportButton";
import { Panel } from "@/components/Panel";
import { Table } from "@/components/Table";
import {
  accountTotals,
  exposureRows,
  type MarketsView,
  positionRows,
  useMarkets,
  usePortfolio,
} from "@/data";
import { AccountTabs } from "@/views/Portfolio/AccountTabs";
import { EXPOSURE_COLUMNS } from "@/views/Portfolio/columns";
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
  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">Portfolio</h1>
      <Summary totals={totals} isStale={portfolio.isStale} />
      <div className={styles.upper}>
        <EquityPanel totals={totals} />
        <Panel
          title="Exposure by event"
          message="INITIAL_STATE portfolio, UPDATE_PORTFOLIO, MARKET_TICKER"
          value={portfolio.value}
          isStale={portfolio.isStale}
          isFlush
          actions={<ExportButton name="exposure" columns={EXPOSURE_COLUMNS} rows={exposure} />}
        >
          {() => (
            <Table
              label="Exposure by event"
              columns={EXPOSURE_COLUMNS}
              rows={exposure}
              keyOf={(row) => row.eventTicker}
              empty="No position is open."
            />
          )}
        </Panel>
      </div>
      <Panel
        title="Account"
        message="INITIAL_STATE portfolio, UPDATE_PORTFOLIO"
        value={portfolio.value}
        isStale={portfolio.isStale}
        isFlush
        className={styles.tables}
      >
        {(view) => <AccountTabs portfolio={view} rows={rows} />}
      </Panel>
    </div>
  );
}
