// Questions and commands.

import type { MessageInitShape } from "@bufbuild/protobuf";
import { useCallback, useEffect, useRef, useState } from "react";
import type {
  AmendOrderSchema,
  CancelOrdersSchema,
  CommandResult,
  CreateOrderGroupSchema,
  CreateOrderSchema,
  LiquidateAllSchema,
  ResetOrderGroupSchema,
} from "@/gen/evx/gateway/v1/commands_pb";
import type { Answer } from "@/gen/evx/gateway/v1/requests_pb";
import { type DataError, failure, idle, type Loadable, pending, success } from "../loadable";
import { stack } from "../stack";
import { makeCommandId } from "../stream/random";
import { type ClientPayload, RequestError } from "../stream/requests";

/** Requests that are answered by an Answer. */
export type Question = Extract<
  ClientPayload,
  {
    case?:
      | "getMarket"
      | "listTrades"
      | "listCandles"
      | "listFills"
      | "listPastOrders"
      | "listSettlements"
      | "listEquity"
      | "listOrderGroups"
      | "openReplay"
      | "controlReplay"
      | "callOperator";
  }
>;

/** Asks once; the promise is rejected with a RequestError. */
export async function ask(question: Question, timeoutMs?: number): Promise<Answer> {
  const message = await stack().client.request(question, timeoutMs);
  if (message.payload.case !== "answer") {
    throw new RequestError("MalformedAnswer", "The gateway's answer is of another kind.", false);
  }
  return message.payload.value;
}

function toDataError(error: unknown): DataError {
  if (error instanceof RequestError) return error;
  return { reason: "Unexpected", message: String(error), isRetryable: false };
}

/**
 * Asks when the component appears and whenever `key` changes; null asks nothing. `ask again` keeps
 * the answer of before until the new one is there.
 */
export function useAnswer<T>(
  key: string | null,
  question: () => Question,
  select: (answer: Answer) => T,
): [Loadable<T>, () => void] {
  const [value, setValue] = useState<Loadable<T>>(idle);
  const [round, setRound] = useState(0);
  const latest = useRef({ question, select });
  latest.current = { question, select };
  const shownKey = useRef<string | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies(round): a new round asks again.
  useEffect(() => {
    if (key === null) {
      setValue(idle());
      return;
    }
    let isCurrent = true;
    const isSame = shownKey.current === key;
    setValue((before) => pending(isSame ? before : undefined));
    shownKey.current = key;
    ask(latest.current.question()).then(
      (answer) => isCurrent && setValue(success(latest.current.select(answer))),
      (error) => isCurrent && setValue((before) => failure(toDataError(error), before)),
    );
    return () => {
      isCurrent = false;
    };
  }, [key, round]);

  const again = useCallback(() => setRound((count) => count + 1), []);
  return [value, again];
}

type Without<T> = Omit<T, "$typeName" | "$unknown" | "commandId">;

/** What a user can command; the command id is made when it is sent. */
export type Command =
  | { case: "createOrder"; value: Without<MessageInitShape<typeof CreateOrderSchema>> }
  | { case: "amendOrder"; value: Without<MessageInitShape<typeof AmendOrderSchema>> }
  | { case: "cancelOrders"; value: Without<MessageInitShape<typeof CancelOrdersSchema>> }
  | { case: "createOrderGroup"; value: Without<MessageInitShape<typeof CreateOrderGroupSchema>> }
  | { case: "resetOrderGroup"; value: Without<MessageInitShape<typeof ResetOrderGroupSchema>> }
  | { case: "emergencyStop"; value: Record<string, never> }
  | { case: "liquidateAll"; value: Without<MessageInitShape<typeof LiquidateAllSchema>> };

/**
 * Sends a command and waits for its end. A refusal by a rule is a result (`refusalReason`); the
 * promise is rejected with a RequestError when it was not sent, or its end is not known.
 */
export async function sendCommand(
  command: Command,
  commandId = makeCommandId(),
): Promise<CommandResult> {
  const payload = { case: command.case, value: { ...command.value, commandId } } as ClientPayload;
  const message = await stack().client.request(payload);
  if (message.payload.case !== "commandResult") {
    throw new RequestError("MalformedAnswer", "The gateway's answer is of another kind.", false);
  }
  return message.payload.value;
}
