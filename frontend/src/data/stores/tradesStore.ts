import type { InitialState, ServerMessage } from "@/gen/evx/gateway/v1/gateway_messages_pb";
import type { Trade } from "@/gen/evx/gateway/v1/market_views_pb";
import { StreamStore } from "./streamStore";

/** So many trades are kept; older ones come by ListTrades. */
export const TRADES_KEPT = 1_000;

/** The trades of a market, newest first. None is left out, and none comes twice. */
export class TradesStore extends StreamStore<readonly Trade[]> {
  /** Oldest first. */
  #trades: Trade[] = [];
  #ids = new Set<string>();

  protected override replace(state: InitialState["state"]): void {
    if (state.case !== "trades") return;
    this.clear();
    this.#add(state.value.trades);
  }

  protected override change(payload: ServerMessage["payload"]): void {
    if (payload.case === "trades") this.#add(payload.value.trades);
  }

  protected override build(): readonly Trade[] {
    return this.#trades.toReversed();
  }

  protected override clear(): void {
    this.#trades = [];
    this.#ids.clear();
  }

  #add(trades: readonly Trade[]): void {
    for (const trade of trades) {
      if (this.#ids.has(trade.tradeId)) continue;
      this.#ids.add(trade.tradeId);
      this.#trades.push(trade);
    }
    const excess = this.#trades.length - TRADES_KEPT;
    if (excess <= 0) return;
    for (const trade of this.#trades.splice(0, excess)) this.#ids.delete(trade.tradeId);
  }
}
