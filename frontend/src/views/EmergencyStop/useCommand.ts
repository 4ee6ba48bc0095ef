import { useState } from "react";
import { type Command, type CommandResult, makeCommandId, RequestError, sendCommand } from "@/data";

export interface CommandState {
  readonly isBusy: boolean;
  readonly result: CommandResult | undefined;
  readonly error: RequestError | undefined;
  readonly elapsedMs: number;
}

const IDLE: CommandState = { isBusy: false, result: undefined, error: undefined, elapsedMs: 0 };

/**
 * A command that may be tried again until its end is known: each try has the same id, so that it
 * is done once.
 */
export function useCommand(): [CommandState, (command: Command) => Promise<void>] {
  const [state, setState] = useState(IDLE);
  const [commandId, setCommandId] = useState(makeCommandId);
  const run = async (command: Command) => {
    const startedMs = performance.now();
    setState({ ...IDLE, isBusy: true });
    try {
      const result = await sendCommand(command, commandId);
      setState({ ...IDLE, result, elapsedMs: performance.now() - startedMs });
      // Its end is known: another try is another command.
      setCommandId(makeCommandId());
    } catch (error) {
      const known =
        error instanceof RequestError
          ? error
          : new RequestError("Unexpected", String(error), false);
      setState({ ...IDLE, error: known, elapsedMs: performance.now() - startedMs });
    }
  };
  return [state, run];
}
