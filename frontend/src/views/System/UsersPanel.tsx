import { useState } from "react";
import { routeTo } from "@/app/router";
import { Badge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { SelectField, TextField } from "@/components/Field";
import { Panel } from "@/components/Panel";
import { type Column, Table } from "@/components/Table";
import {
  changeUser,
  createUser,
  formatMoment,
  issueLink,
  listUsers,
  type OneTimeLink,
  parseMoment,
  type RoleName,
  type UserRecord,
  useLoaded,
} from "@/data";
import { type Asked, Confirm } from "./Confirm";
import styles from "./System.module.css";
import { useStackAction } from "./useOperatorAction";

const ROLES: readonly { value: RoleName; label: string }[] = [
  { value: "viewer", label: "Viewer: looks" },
  { value: "trader", label: "Trader: trades with an own account" },
  { value: "admin", label: "Admin: operates the exchange" },
];

function linkUrl(link: OneTimeLink): string {
  const page = window.location.href.split("#")[0] ?? "";
  return `${page}${routeTo("link", link.link_token)}`;
}

function NewUser({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<RoleName>("viewer");
  const [isBusy, run] = useStackAction();
  const isValid = /^[a-z][a-z0-9._-]{0,31}$/.test(name);
  return (
    <form
      className={styles.inlineForm}
      aria-label="New user"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isValid) return;
        run(
          `User ${name} made`,
          () => createUser(name, role),
          () => {
            setName("");
            onDone();
          },
        );
      }}
    >
      <TextField
        label="New user"
        value={name}
        onChange={setName}
        placeholder="name"
        autoComplete="off"
        error={name === "" || isValid ? undefined : "Lower case, digits, . _ -; a letter first"}
      />
      <SelectField label="Role" value={role} options={ROLES} onChange={setRole} />
      <Button type="submit" disabled={!isValid} isBusy={isBusy}>
        Make user
      </Button>
    </form>
  );
}

/** Who may do what; an administrator makes users, and links by which they sign in. */
export function UsersPanel() {
  const [users, again] = useLoaded("users", listUsers);
  const [isBusy, run] = useStackAction();
  const [link, setLink] = useState<OneTimeLink>();
  const [asked, setAsked] = useState<Asked>();
  // Asked first: a list changes with each arrow key that moves through it.
  const changeRole = (name: string, role: RoleName) =>
    setAsked({
      title: `Make ${name} ${role === "admin" ? "an" : "a"} ${role}`,
      detail: "The sessions of this user end.",
      run: () => run(`${name} is ${role}`, () => changeUser(name, { role }), again),
    });
  const turn = ({ user_name: name, is_disabled }: UserRecord) => {
    const change = () =>
      run(
        `${name} ${is_disabled ? "enabled" : "disabled"}`,
        () => changeUser(name, { is_disabled: !is_disabled }),
        again,
      );
    if (is_disabled) return change();
    const detail = "The sessions of this user end; orders that rest stay.";
    setAsked({ title: `Disable ${name}`, detail, run: change });
  };
  const columns: readonly Column<UserRecord>[] = [
    { key: "name", header: "User", cell: (row) => row.user_name, sortBy: (row) => row.user_name },
    {
      key: "role",
      header: "Role",
      sortBy: (row) => row.role,
      cell: (row) => (
        <SelectField
          label={`Role of ${row.user_name}`}
          isLabelHidden
          value={row.role}
          options={ROLES}
          isDisabled={isBusy}
          onChange={(role) => changeRole(row.user_name, role)}
        />
      ),
    },
    {
      key: "state",
      header: "State",
      isSecondary: true,
      cell: (row) => (
        <Badge tone={row.is_disabled ? "warning" : "neutral"}>
          {row.is_disabled ? "disabled" : row.has_password ? "password" : "links only"}
        </Badge>
      ),
    },
    {
      key: "since",
      header: "Since",
      isSecondary: true,
      cell: (row) => formatMoment(parseMoment(row.created_at) ?? 0n),
    },
    {
      key: "do",
      header: "Actions",
      align: "end",
      cell: (row) => (
        <span className={styles.rowActions}>
          <Button
            size="small"
            disabled={isBusy || row.is_disabled}
            aria-label={`One-time link for ${row.user_name}`}
            onClick={() =>
              run(`Link for ${row.user_name} made`, async () =>
                setLink(await issueLink(row.user_name)),
              )
            }
          >
            Link
          </Button>
          <Button
            size="small"
            disabled={isBusy}
            aria-label={`${row.is_disabled ? "Enable" : "Disable"} ${row.user_name}`}
            onClick={() => turn(row)}
          >
            {row.is_disabled ? "Enable" : "Disable"}
          </Button>
        </span>
      ),
    },
  ];
  return (
    <Panel title="Users" message="GET /api/v1/users" value={users} onRetry={again} isFlush>
      {(rows) => (
        <>
          <NewUser onDone={again} />
          <Table
            label="Users"
            columns={columns}
            rows={rows}
            keyOf={(row) => row.user_name}
            empty="No user."
          />
          <Confirm asked={asked} onClose={() => setAsked(undefined)} />
          {link === undefined ? null : (
            <Dialog
              isOpen
              onClose={() => setLink(undefined)}
              title={`One-time link for ${link.user_name}`}
              description="It signs in once, and is shown this once."
            >
              <TextField
                label="Link"
                readOnly
                value={linkUrl(link)}
                onChange={() => {}}
                onFocus={(event) => event.target.select()}
              />
              <p className={styles.cardNote}>
                {`Valid until ${formatMoment(parseMoment(link.expires_at) ?? 0n)}`}
              </p>
            </Dialog>
          )}
        </>
      )}
    </Panel>
  );
}
