import { useRef } from "react";
import { ExportButton } from "@/components/ExportButton";
import { Panel } from "@/components/Panel";
import { type Column, Table } from "@/components/Table";
import { formatMoment, isoTime, LogLevel, type LogLine, useLog } from "@/data";
import styles from "./System.module.css";

function levelText(level: LogLevel): string {
  switch (level) {
    case LogLevel.ERROR:
      return "error";
    case LogLevel.WARNING:
      return "warning";
    case LogLevel.INFO:
    case LogLevel.UNSPECIFIED:
      return "info";
  }
}

function textColumn(
  key: "service" | "kind" | "detail" | "marketTicker",
  header: string,
  width?: string,
): Column<LogLine> {
  return {
    key,
    header,
    ...(width === undefined ? {} : { width }),
    isSecondary: key === "kind" || key === "marketTicker",
    cell: (line) => <span title={line[key]}>{line[key]}</span>,
    sortBy: (line) => line[key],
    csv: { kind: "text", value: (line) => line[key] },
  };
}

const COLUMNS: readonly Column<LogLine>[] = [
  {
    key: "time",
    header: "Time",
    cell: (line) => <time dateTime={isoTime(line.timeNs)}>{formatMoment(line.timeNs)}</time>,
    sortBy: (line) => line.timeNs,
    csv: { kind: "text", value: (line) => isoTime(line.timeNs) },
  },
  {
    key: "level",
    header: "Level",
    cell: (line) => (
      <span className={styles.level} data-level={levelText(line.level)}>
        {levelText(line.level)}
      </span>
    ),
    sortBy: (line) => line.level,
    csv: { kind: "text", value: (line) => levelText(line.level) },
  },
  textColumn("service", "Service"),
  textColumn("kind", "Kind"),
  textColumn("detail", "What happened", "50%"),
  textColumn("marketTicker", "Market"),
];

/** What went wrong lately, in the whole stack. */
export function LogTable() {
  const log = useLog();
  const lines = log.value.data ?? [];
  const shown = useRef<readonly LogLine[]>([]);
  return (
    <Panel
      title="Recent incidents"
      message="INITIAL_STATE log, LOG"
      value={log.value}
      isStale={log.isStale}
      isFlush
      actions={<ExportButton name="log" columns={COLUMNS} rows={lines} shownRows={shown} />}
    >
      {(all) => (
        <Table
          label="Recent incidents"
          columns={COLUMNS}
          rows={all}
          shownRows={shown}
          keyOf={(line) => `${line.timeNs}/${line.service}/${line.kind}/${line.detail}`}
          empty="Nothing went wrong since the gateway began to listen."
        />
      )}
    </Panel>
  );
}
