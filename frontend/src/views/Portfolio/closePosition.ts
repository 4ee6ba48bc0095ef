import { navigate, routeTo } from "@/app/router";
import { absolute, formatPrice, type PositionRow, plainDecimal } from "@/data";
import { editTicket, openTicket } from "@/views/TradeForm/ticketStore";

/**
 * Opens the market of a position with a ticket that closes it at what the book pays; nothing is sent.
 */
export function closePosition(row: PositionRow): void {
  openTicket(row.marketTicker);
  editTicket({
    contract: row.netCentis > 0n ? "yes" : "no",
    action: "sell",
    countText: plainDecimal(absolute(row.netCentis), 2),
    priceText: row.markMicros === undefined ? "" : formatPrice(row.markMicros),
    isReduceOnly: true,
  });
  navigate(routeTo("market", row.marketTicker));
}
