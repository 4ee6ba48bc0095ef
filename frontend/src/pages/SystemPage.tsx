import { useChoice } from "@/app/settings";
import { Panel } from "@/components/Panel";
import { type Tab, Tabs } from "@/components/Tabs";
import { healthCounts, useHealth, useSessionStore } from "@/data";
import { AccountsPanel, AllOrdersPanel } from "@/views/System/AccountsPanel";
import { CataloguePanel } from "@/views/System/CataloguePanel";
import { DataPathDiagram } from "@/views/System/DataPathDiagram";
import { EnvironmentsPanel } from "@/views/System/EnvironmentsPanel";
import { ExchangePanel, FaultsPanel } from "@/views/System/ExchangePanel";
import { AllFillsPanel } from "@/views/System/FillsPanel";
import { LogTable } from "@/views/System/LogTable";
import { ServiceCards } from "@/views/System/ServiceCards";
import { SessionsTable } from "@/views/System/SessionsTable";
import styles from "@/views/System/System.module.css";
import { UsersPanel } from "@/views/System/UsersPanel";

const HEALTH = "INITIAL_STATE health, UPDATE_HEALTH";

function Overview() {
  const health = useHealth();
  const services = health.value.data?.services ?? [];
  const { ready, degraded, down } = healthCounts(services);
  return (
    <div className={styles.overview}>
      <Panel
        title={`Services: ${ready} ready, ${degraded} degraded, ${down} down`}
        message={HEALTH}
        value={health.value}
        isStale={health.isStale}
        isEmpty={(data) => data.services.length === 0}
        empty="The gateway does not tell of any service."
        className={styles.services}
      >
        {(data) => (
          <>
            <DataPathDiagram services={data.services} />
            <ServiceCards services={data.services} />
          </>
        )}
      </Panel>
      <LogTable />
    </div>
  );
}

const TABS: readonly Tab[] = [
  { value: "overview", title: "Services", content: <Overview /> },
  { value: "environments", title: "Environments", content: <EnvironmentsPanel /> },
  { value: "sessions", title: "Own sessions", content: <SessionsTable /> },
];

const ADMIN_TABS: readonly Tab[] = [
  { value: "exchange", title: "Exchange", content: <ExchangePanel /> },
  { value: "catalogue", title: "Catalogue", content: <CataloguePanel /> },
  { value: "orders", title: "All orders", content: <AllOrdersPanel /> },
  { value: "executions", title: "All executions", content: <AllFillsPanel /> },
  { value: "accounts", title: "Accounts", content: <AccountsPanel /> },
  { value: "users", title: "Users", content: <UsersPanel /> },
  { value: "faults", title: "Faults", content: <FaultsPanel /> },
];

/** The stack itself; for administrators also what operates the exchange. */
export default function SystemPage() {
  const isAdmin = useSessionStore((state) => state.session?.role === "admin");
  const [chosen, choose] = useChoice("system.tab", "overview");
  const tabs = isAdmin ? [...TABS, ...ADMIN_TABS] : TABS;
  const tab = tabs.some(({ value }) => value === chosen) ? chosen : "overview";
  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">System</h1>
      <Tabs label="Parts of the system" tabs={tabs} value={tab} onChange={choose} />
    </div>
  );
}
