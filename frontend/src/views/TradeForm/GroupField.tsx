import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/Button";
import { SelectField, TextField } from "@/components/Field";
import { showToast } from "@/components/toasts";
import {
  type Command,
  dataErrorOf,
  formatQuantity,
  type OrderGroup,
  parseDecimalOf,
  sendCommand,
  useAnswer,
} from "@/data";
import styles from "./TradeForm.module.css";

const NONE = "";
/** No id of a group: those have no spaces. */
const NEW = "new group";
const LIMIT_CENTIS_MAX = 100_000_000_000n;
const SHORT_ID = 8;

function groupText({ orderGroupId, limitCentis, triggered }: OrderGroup): string {
  const limit = `${formatQuantity(limitCentis)} in 15 s`;
  return `${limit} \u00b7 ${orderGroupId.slice(0, SHORT_ID)}${triggered ? " \u00b7 triggered" : ""}`;
}

/** Sends a command about groups; what it made is handed to `then`. */
function useGroupCommand(): [boolean, (command: Command, then: (made: string) => void) => void] {
  const [isBusy, setBusy] = useState(false);
  const send = (command: Command, then: (made: string) => void) => {
    setBusy(true);
    sendCommand(command)
      .then((result) => {
        if (result.refusalReason === "") return then(result.orderGroupId);
        showToast({
          title: result.refusalReason,
          detail: result.refusalMessage,
          tone: "error",
        });
      })
      .catch((error) => {
        const { reason, message } = dataErrorOf(error);
        showToast({ title: reason, detail: message, tone: "error" });
      })
      .finally(() => setBusy(false));
  };
  return [isBusy, send];
}

function NewGroup({ onMade }: { onMade: (orderGroupId: string) => void }) {
  const [limitText, setLimit] = useState("");
  const [isBusy, send] = useGroupCommand();
  const limit = parseDecimalOf(limitText, 0, "Limit", LIMIT_CENTIS_MAX / 100n);
  const isValid = limit.ok && limit.value > 0n;
  const make = () => {
    if (limit.ok && isValid) {
      send({ case: "createOrderGroup", value: { limitCentis: limit.value * 100n } }, onMade);
    }
  };
  return (
    <div className={styles.groupTools}>
      <TextField
        label="Contracts in 15 s"
        value={limitText}
        inputMode="numeric"
        placeholder="limit"
        error={limitText === "" || isValid ? undefined : "A whole number above 0"}
        hint="Once its orders matched more, they are canceled"
        onChange={setLimit}
        onKeyDown={(event) => {
          // Not the order of the ticket.
          if (event.key !== "Enter") return;
          event.preventDefault();
          make();
        }}
      />
      <Button disabled={!isValid} isBusy={isBusy} onClick={make}>
        Make group
      </Button>
    </div>
  );
}

interface GroupFieldProps {
  value: string;
  onChange: (orderGroupId: string) => void;
  /** Nothing is asked or sent. */
  isDisabled: boolean;
  /** The groups are read anew when it changes. */
  version: unknown;
}

/** Which of the user's order groups the order belongs to; a new one can be made here. */
export function GroupField({ value, onChange, isDisabled, version }: GroupFieldProps) {
  const [isMaking, setMaking] = useState(false);
  const [groups, again] = useAnswer(
    isDisabled ? null : "order groups",
    () => ({ case: "listOrderGroups", value: {} }),
    ({ answer }) => (answer.case === "orderGroups" ? answer.value.orderGroups : []),
  );
  const [isBusy, send] = useGroupCommand();
  const seen = useRef(version);
  useEffect(() => {
    // A fill may have triggered one.
    if (seen.current !== version) again();
    seen.current = version;
  }, [version, again]);
  const known = groups.data ?? [];
  const chosen = known.find(({ orderGroupId }) => orderGroupId === value);
  const isGone = value !== NONE && chosen === undefined;
  const options = [
    { value: NONE, label: "None" },
    ...known.map((group) => ({ value: group.orderGroupId, label: groupText(group) })),
    ...(isGone ? [{ value, label: value }] : []),
    { value: NEW, label: "New group \u2026" },
  ];
  const choose = (next: string) => {
    setMaking(next === NEW);
    onChange(next === NEW ? NONE : next);
  };
  return (
    <>
      <div data-message="ANSWER order_groups">
        <SelectField
          label="Order group"
          value={isMaking ? NEW : value}
          options={options}
          isDisabled={isDisabled}
          error={
            groups.status === "error"
              ? groups.error.message
              : chosen?.triggered === true
                ? "It takes no orders until it is reset"
                : undefined
          }
          onChange={choose}
        />
      </div>
      {chosen?.triggered === true ? (
        <div className={styles.groupTools}>
          <Button
            isBusy={isBusy}
            onClick={() =>
              send({ case: "resetOrderGroup", value: { orderGroupId: chosen.orderGroupId } }, again)
            }
          >
            Reset group
          </Button>
        </div>
      ) : null}
      {isMaking ? (
        <NewGroup
          onMade={(orderGroupId) => {
            setMaking(false);
            onChange(orderGroupId);
            again();
          }}
        />
      ) : null}
    </>
  );
}
