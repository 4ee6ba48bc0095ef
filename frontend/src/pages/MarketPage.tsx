import type { PageProps } from "@/app/routes";
import { MarketView, ShareAction } from "@/views/MarketView/MarketView";

/** One market of now. */
export default function MarketPage({ route }: PageProps) {
  return (
    <>
      <ShareAction marketTicker={route.argument} />
      <MarketView marketTicker={route.argument} source="live" />
    </>
  );
}
