import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { MarketResult } from "@/gen/evx/common/v1/common_pb";
import { type ServerMessage, ServerMessageSchema } from "@/gen/evx/gateway/v1/gateway_messages_pb";
import type { ClientPayload } from "../stream/requests";
import { callOperatorOver, isRead, operatorMethods } from "./operator";

function answering(json: string) {
  const sent: ClientPayload[] = [];
  const send = async (payload: ClientPayload): Promise<ServerMessage> => {
    sent.push(payload);
    return create(ServerMessageSchema, {
      payload: { case: "answer", value: { answer: { case: "operatorJson", value: json } } },
    });
  };
  return { sent, send };
}

describe("callOperator", () => {
  test("sends the request as JSON of its contract, and reads the answer by it", async () => {
    const { sent, send } = answering('{"sequenceNumber":"41"}');
    const response = await callOperatorOver(
      send,
      operatorMethods.determineMarket,
      { marketTicker: "A", result: MarketResult.YES },
      "c1",
    );
    expect(response.sequenceNumber).toBe(41n);
    expect(sent[0]).toEqual({
      case: "callOperator",
      value: {
        method: "DetermineMarket",
        requestJson: '{"marketTicker":"A","result":"MARKET_RESULT_YES"}',
        commandId: "c1",
      },
    });
  });

  test("a method that changes nothing has no id of a command", async () => {
    const { sent, send } = answering("");
    await callOperatorOver(send, operatorMethods.listAccounts, { pageSize: 5 }, "c1");
    expect(sent[0]?.value).toMatchObject({ method: "ListAccounts", commandId: "" });
    expect(isRead("GetExchange")).toBe(true);
    expect(isRead("SettleMarket")).toBe(false);
  });

  test("members that a newer exchange has added are left out", async () => {
    const { send } = answering('{"newer":1,"accounts":[{"accountName":"mm"}]}');
    const response = await callOperatorOver(send, operatorMethods.listAccounts, {}, "");
    expect(response.accounts[0]?.accountName).toBe("mm");
  });

  test("a refusal has the name that it came with", async () => {
    const send = async () =>
      create(ServerMessageSchema, {
        payload: {
          case: "commandResult",
          value: { refusalReason: "InvalidTransition", refusalMessage: "no" },
        },
      });
    await expect(
      callOperatorOver(send, operatorMethods.settleMarket, { marketTicker: "A" }, "c1"),
    ).rejects.toMatchObject({ reason: "InvalidTransition", message: "no", isRetryable: false });
  });

  test("an answer of another kind is no answer", async () => {
    const send = async () => create(ServerMessageSchema, {});
    await expect(callOperatorOver(send, operatorMethods.getExchange, {}, "")).rejects.toMatchObject(
      { reason: "MalformedAnswer" },
    );
  });
});
