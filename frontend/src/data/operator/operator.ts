// The exchange's operator service, as an administrator's page calls it: through the gateway, which
// checks the role, audits what changes something, and speaks JSON for every method.

import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromJsonString,
  type MessageInitShape,
  type MessageShape,
  toJsonString,
} from "@bufbuild/protobuf";
import type { ServerMessage } from "@/gen/evx/gateway/v1/gateway_messages_pb";
import { type Account as OperatorAccount, UsageTier } from "@/gen/evx/ops/v1/accounts_pb";
import type { ActiveFaults, FaultLogEntry } from "@/gen/evx/ops/v1/faults_pb";
import type { OwnedFill } from "@/gen/evx/ops/v1/fills_pb";
import type { Market as OperatorMarket } from "@/gen/evx/ops/v1/market_lifecycle_pb";
import type { OwnedOrder } from "@/gen/evx/ops/v1/open_orders_pb";
import { OperatorService } from "@/gen/evx/ops/v1/operator_service_pb";
import { stack } from "../stack";
import { makeCommandId } from "../stream/random";
import { type ClientPayload, RequestError } from "../stream/requests";

export type { ActiveFaults, FaultLogEntry, OperatorAccount, OperatorMarket, OwnedFill, OwnedOrder };
export { UsageTier };

/** Every method of the service, typed by its contract: `operatorMethods.determineMarket`. */
export const operatorMethods = OperatorService.method;

/** Sends a request over the gateway's socket. */
export type SendRequest = (payload: ClientPayload) => Promise<ServerMessage>;

/** Methods that change nothing: they need no id of a command. */
export function isRead(methodName: string): boolean {
  return /^(Get|List)/.test(methodName);
}

/** Calls a method over `send`; a refusal is thrown as a RequestError. */
export async function callOperatorOver<I extends DescMessage, O extends DescMessage>(
  send: SendRequest,
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
  commandId: string,
): Promise<MessageShape<O>> {
  const answer = await send({
    case: "callOperator",
    value: {
      method: method.name,
      requestJson: toJsonString(method.input, create(method.input, request)),
      commandId: isRead(method.name) ? "" : commandId,
    },
  });
  const { payload } = answer;
  if (payload.case === "commandResult" && payload.value.refusalReason !== "") {
    const { refusalReason, refusalMessage, isRetryable } = payload.value;
    throw new RequestError(refusalReason, refusalMessage, isRetryable);
  }
  if (payload.case !== "answer" || payload.value.answer.case !== "operatorJson") {
    throw new RequestError("MalformedAnswer", `The gateway did not answer ${method.name}.`, false);
  }
  return fromJsonString(method.output, payload.value.answer.value || "{}", {
    ignoreUnknownFields: true,
  });
}

/** Calls a method; a refusal is thrown as a RequestError. For administrators. */
export function callOperator<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
  commandId = makeCommandId(),
): Promise<MessageShape<O>> {
  return callOperatorOver((payload) => stack().client.request(payload), method, request, commandId);
}
