import { useState } from "react";
import { Badge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Field";
import { type ActiveFaults, callOperator, operatorMethods } from "@/data";
import { accountsOf, FAULT_SCENARIOS, type FaultScenario } from "./faultScenarios";
import styles from "./System.module.css";
import { useStackAction } from "./useOperatorAction";

/** One after the other: a refusal leaves what was set before it, which the list of faults shows. */
async function start({ faults }: FaultScenario, accountName: string): Promise<void> {
  for (const { door, profile } of faults) {
    await callOperator(operatorMethods.setFaults, {
      target: {
        door,
        ...(accountName === ""
          ? {}
          : { account: { name: { case: "accountName", value: accountName } } }),
      },
      profile,
    });
  }
}

async function stop({ faults }: FaultScenario, accountIds: readonly bigint[]): Promise<void> {
  for (const accountId of accountIds) {
    for (const { door } of faults) {
      await callOperator(operatorMethods.clearFaults, {
        target: {
          door,
          ...(accountId === 0n
            ? {}
            : { account: { name: { case: "accountId", value: accountId } } }),
        },
      });
    }
  }
}

function whom(accountIds: readonly bigint[]): string {
  return accountIds.map((id) => (id === 0n ? "everybody" : `account ${id}`)).join(", ");
}

/** Faults with a name: started for an account or for everybody, and stopped again. */
export function FaultScenarios({
  active,
  onChange,
}: {
  active: readonly ActiveFaults[];
  onChange: () => void;
}) {
  const [accountText, setAccount] = useState("");
  const [isBusy, run] = useStackAction();
  const accountName = accountText.trim();
  return (
    <section className={styles.scenarios} aria-label="Scenarios">
      <TextField
        label="Scenario for account"
        value={accountText}
        placeholder="everybody"
        onChange={setAccount}
      />
      <ul className={styles.switches}>
        {FAULT_SCENARIOS.map((scenario) => {
          const running = accountsOf(scenario, active);
          return (
            <li key={scenario.name}>
              <span>
                <strong>{scenario.name}</strong>
                {`: ${scenario.title} `}
                {running.length === 0 ? null : (
                  <Badge tone="warning">{`runs for ${whom(running)}`}</Badge>
                )}
              </span>
              <span className={styles.rowActions}>
                <Button
                  size="small"
                  disabled={isBusy}
                  aria-label={`Start ${scenario.name}`}
                  onClick={() =>
                    run(`${scenario.name} started`, () => start(scenario, accountName), onChange)
                  }
                >
                  Start
                </Button>
                <Button
                  size="small"
                  disabled={isBusy || running.length === 0}
                  aria-label={`Stop ${scenario.name}`}
                  onClick={() =>
                    run(`${scenario.name} stopped`, () => stop(scenario, running), onChange)
                  }
                >
                  Stop
                </Button>
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
