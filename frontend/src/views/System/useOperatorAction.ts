import type { DescMessage, DescMethodUnary, MessageInitShape } from "@bufbuild/protobuf";
import { useState } from "react";
import { showToast } from "@/components/toasts";
import { callOperator, dataErrorOf } from "@/data";

/** Runs something that changes the stack: success and refusal are told; `then` follows success. */
export function useStackAction(): [
  boolean,
  (title: string, action: () => Promise<unknown>, then?: () => void) => void,
] {
  const [isBusy, setBusy] = useState(false);
  const run = (title: string, action: () => Promise<unknown>, then?: () => void) => {
    setBusy(true);
    action()
      .then(
        () => {
          showToast({ title, tone: "success" });
          then?.();
        },
        (error) => {
          const { reason, message } = dataErrorOf(error);
          showToast({
            title: `Not done: ${title}`,
            detail: `${reason}: ${message}`,
            tone: "error",
          });
        },
      )
      .finally(() => setBusy(false));
  };
  return [isBusy, run];
}

/** The same for a method of the operator's service. */
export function useOperatorAction() {
  const [isBusy, run] = useStackAction();
  const call = <I extends DescMessage, O extends DescMessage>(
    title: string,
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    then?: () => void,
  ) => run(title, () => callOperator(method, request), then);
  return [isBusy, call] as const;
}
