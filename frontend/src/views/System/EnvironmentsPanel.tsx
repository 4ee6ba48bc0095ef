import { Badge } from "@/components/Badge";
import { Panel } from "@/components/Panel";
import { type Column, Table } from "@/components/Table";
import { type Environment, listEnvironments, useLoaded } from "@/data";
import styles from "./System.module.css";

/** The stacks that the gateway names, this one among them. */
export function EnvironmentsPanel() {
  const [environments, again] = useLoaded("environments", listEnvironments);
  const here = environments.data?.current?.name;
  const columns: readonly Column<Environment>[] = [
    {
      key: "label",
      header: "Environment",
      cell: (row) => row.label,
      sortBy: (row) => row.label,
    },
    {
      key: "mode",
      header: "Mode",
      cell: (row) => <Badge tone={row.mode === "live" ? "live" : "paper"}>{row.mode}</Badge>,
      sortBy: (row) => row.mode,
    },
    {
      key: "url",
      header: "Address",
      isSecondary: true,
      cell: (row) => <code>{row.url}</code>,
      sortBy: (row) => row.url,
    },
    {
      key: "go",
      header: "",
      align: "end",
      cell: (row) =>
        row.name === here ? (
          <Badge tone="neutral">you are here</Badge>
        ) : (
          <a className={styles.go} href={row.url}>
            {`Go to ${row.label}`}
          </a>
        ),
    },
  ];
  return (
    <Panel
      title="Environments"
      message="GET /api/v1/environments"
      value={environments}
      onRetry={again}
      isFlush
    >
      {({ all }) => (
        <>
          <Table
            label="Environments"
            columns={columns}
            rows={all}
            keyOf={(row) => row.name}
            empty="This gateway knows of no other stack (--environments_file)."
          />
          {all.length === 0 ? null : (
            <p className={styles.footNote}>Another environment has its own sign-in.</p>
          )}
        </>
      )}
    </Panel>
  );
}
