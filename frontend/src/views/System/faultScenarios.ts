// Things that go wrong at real venues, as faults for one account or for everybody. The shares and
// delays are those of the scenarios of the same names in tests/scenarios.

import type { ActiveFaults } from "@/data";

/** One door and what is wrong there; shares are millionths, delays microseconds. */
export interface ScenarioFaults {
  readonly door: "rest" | "grpc" | "websocket" | "fix";
  readonly profile: Readonly<Record<string, bigint>>;
}

export interface FaultScenario {
  readonly name: string;
  readonly title: string;
  readonly faults: readonly ScenarioFaults[];
}

const UNRELIABLE = {
  seed: 77n,
  tooManyRequestsMillionths: 100_000n,
  unavailableMillionths: 100_000n,
  unavailableExecutedMillionths: 100_000n,
  disconnectMillionths: 50_000n,
  disconnectExecutedMillionths: 50_000n,
};

export const FAULT_SCENARIOS: readonly FaultScenario[] = [
  {
    name: "slow_doors",
    title: "Requests, answers and frames are late",
    faults: [
      {
        door: "rest",
        profile: {
          seed: 3n,
          latencyMicros: 2_000n,
          jitterMicros: 3_000n,
          answerLatencyMicros: 2_000n,
        },
      },
      {
        door: "websocket",
        profile: { seed: 4n, latencyMicros: 5_000n, jitterMicros: 20_000n },
      },
    ],
  },
  {
    name: "unreliable_network",
    title: "Requests fail in every way, some after they were carried out",
    faults: [
      { door: "rest", profile: UNRELIABLE },
      { door: "grpc", profile: UNRELIABLE },
    ],
  },
  {
    name: "rate_limited_client",
    title: "Every third request is answered: too many requests",
    faults: [
      { door: "rest", profile: { seed: 3n, tooManyRequestsMillionths: 330_000n } },
      { door: "grpc", profile: { seed: 3n, tooManyRequestsMillionths: 330_000n } },
    ],
  },
];

/** Whether all that belongs to the scenario is set, for this account (0: for everybody). */
export function isRunning(
  { faults }: FaultScenario,
  active: readonly ActiveFaults[],
  accountId: bigint,
): boolean {
  return faults.every(({ door, profile }) =>
    active.some(
      (set) =>
        set.door === door &&
        set.accountId === accountId &&
        Object.entries(profile).every(
          ([key, value]) => (set.profile as Record<string, unknown> | undefined)?.[key] === value,
        ),
    ),
  );
}

/** The accounts for which it runs; 0 stands for everybody. */
export function accountsOf(
  scenario: FaultScenario,
  active: readonly ActiveFaults[],
): readonly bigint[] {
  const accounts = new Set(active.map(({ accountId }) => accountId));
  return [...accounts].filter((accountId) => isRunning(scenario, active, accountId));
}
