import { memo, type RefObject } from "react";
import { OfferAction } from "@/app/actions";
import type { ActionName, ContractName } from "@/data";
import { countTextOf, priceTextOf, steppedCount, steppedPrice } from "./PriceAndCount";
import { armTicket, editTicket, isArmed, planContext, useTicketStore } from "./ticketStore";

interface TicketKey {
  id: string;
  title: string;
  keys: string;
  repeats?: boolean;
  run: () => void;
}

/** The keys of the ticket, for as long as it is on the screen. */
export const TicketKeys = memo(function TicketKeys({
  form,
  marketTicker,
}: {
  form: RefObject<HTMLFormElement | null>;
  marketTicker: string;
}) {
  const choose = (contract: ContractName, action: ActionName) => () => {
    const isSame = useTicketStore.getState().input.contract === contract;
    editTicket({ contract, action, ...(isSame ? {} : { priceText: "" }) });
    form.current?.querySelector<HTMLInputElement>('[data-ticket="price"] input')?.focus();
  };
  const movePrice = (ticks: number) => () => {
    const context = planContext(marketTicker);
    const micros = steppedPrice(useTicketStore.getState().input, context, ticks);
    if (micros !== null) editTicket({ priceText: priceTextOf(micros, context) });
  };
  const moveCount = (contracts: number) => () => {
    const centis = steppedCount(useTicketStore.getState().input, contracts);
    editTicket({ countText: countTextOf(centis) });
  };
  const keys: readonly TicketKey[] = [
    { id: "buy-yes", title: "Buy YES", keys: "b", run: choose("yes", "buy") },
    { id: "buy-no", title: "Buy NO", keys: "n", run: choose("no", "buy") },
    { id: "sell-yes", title: "Sell YES", keys: "shift+b", run: choose("yes", "sell") },
    { id: "sell-no", title: "Sell NO", keys: "shift+n", run: choose("no", "sell") },
    { id: "price-down", title: "Price a tick down", keys: "[", repeats: true, run: movePrice(-1) },
    { id: "price-up", title: "Price a tick up", keys: "]", repeats: true, run: movePrice(1) },
    { id: "count-down", title: "One contract less", keys: "-", repeats: true, run: moveCount(-1) },
    { id: "count-up", title: "One contract more", keys: "=", repeats: true, run: moveCount(1) },
    {
      id: "one-click",
      title: "Arm or disarm one-click",
      keys: "o",
      run: () => armTicket(!isArmed(useTicketStore.getState())),
    },
  ];
  return keys.map((key) => (
    <OfferAction
      key={key.id}
      id={`ticket-${key.id}`}
      title={key.title}
      group="Ticket"
      keys={key.keys}
      repeats={key.repeats ?? false}
      run={key.run}
    />
  ));
});
