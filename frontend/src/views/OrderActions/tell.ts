// What became of a command on orders, in a toast.

import { showToast } from "@/components/toasts";
import { type CommandResult, RequestError } from "@/data";

/** Why a command, or an order of it, was refused; each reason once. */
export function refusalsOf(results: readonly CommandResult[]): string[] {
  const refusals = results.flatMap((result) =>
    [result, ...result.orders]
      .filter(({ refusalReason }) => refusalReason !== "")
      .map(({ refusalReason, refusalMessage }) => `${refusalReason}: ${refusalMessage}`),
  );
  return [...new Set(refusals)];
}

/** Tells of a command that was not sent, or whose end is not known. */
export function tellError(what: string, error: unknown): void {
  const detail = error instanceof RequestError ? error.message : String(error);
  const reason = error instanceof RequestError ? error.reason : "Unexpected";
  showToast({ title: `${what}: ${reason}`, detail, tone: "error" });
}
