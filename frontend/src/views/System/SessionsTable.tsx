import { Badge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Panel } from "@/components/Panel";
import { type Column, Table } from "@/components/Table";
import {
  endOtherSessions,
  endSession,
  formatMoment,
  type ListedSession,
  listSessions,
  parseMoment,
  useLoaded,
} from "@/data";
import { useStackAction } from "./useOperatorAction";

function moment(text: string): string {
  return formatMoment(parseMoment(text) ?? 0n);
}

/** The own sessions: where one is signed in, and how to end that. */
export function SessionsTable() {
  const [sessions, again] = useLoaded("sessions", listSessions);
  const [isBusy, run] = useStackAction();
  const columns: readonly Column<ListedSession>[] = [
    { key: "begun", header: "Since", cell: (row) => moment(row.begun_at) },
    { key: "expires", header: "Until", cell: (row) => moment(row.expires_at), isSecondary: true },
    { key: "address", header: "From", cell: (row) => row.remote_address },
    {
      key: "agent",
      header: "Browser",
      isSecondary: true,
      cell: (row) => <span title={row.user_agent}>{row.user_agent}</span>,
    },
    {
      key: "end",
      header: "Actions",
      align: "end",
      cell: (row) =>
        row.is_current ? (
          <Badge tone="info">This one</Badge>
        ) : (
          <Button
            size="small"
            disabled={isBusy}
            aria-label={`End the session from ${row.remote_address}`}
            onClick={() => run("Session ended", () => endSession(row.session_id), again)}
          >
            End
          </Button>
        ),
    },
  ];
  return (
    <Panel
      title="Own sessions"
      message="GET /api/v1/sessions"
      value={sessions}
      onRetry={again}
      isFlush
      actions={
        <Button
          size="small"
          disabled={isBusy || (sessions.data?.length ?? 0) < 2}
          onClick={() => run("Other sessions ended", endOtherSessions, again)}
        >
          End all others
        </Button>
      }
    >
      {(rows) => (
        <Table
          label="Own sessions"
          columns={columns}
          rows={rows}
          keyOf={(row) => row.session_id}
          empty="No session."
        />
      )}
    </Panel>
  );
}
