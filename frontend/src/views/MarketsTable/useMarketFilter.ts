import { useEffect, useMemo, useState } from "react";
import { type Route, routeTo } from "@/app/router";
import { useChoice, useSettings } from "@/app/settings";
import {
  categoriesOf,
  currentMarkets,
  type MarketEntry,
  matchesFilter,
  useCatalogueVersion,
} from "@/data";

/** A switch that is kept for the user. */
export interface Switch {
  readonly isOn: boolean;
  readonly toggle: () => void;
}

export interface MarketFilter {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly category: string;
  readonly setCategory: (category: string) => void;
  readonly categories: readonly string[];
  readonly favouritesOnly: Switch;
  readonly openOnly: Switch;
  /** The markets that fit, and how many there are at all. */
  readonly entries: readonly MarketEntry[];
  readonly totalCount: number;
}

export function useSwitch(name: string, fallback: boolean): Switch {
  const [text, choose] = useChoice(name, fallback ? "yes" : "no");
  const isOn = text === "yes";
  return { isOn, toggle: () => choose(isOn ? "no" : "yes") };
}

/** What is searched stands in the address: whoever comes back from a market finds it again. */
function useSearchText(route: Route): [string, (text: string) => void] {
  const [text, setText] = useState(route.query.get("q") ?? "");
  useEffect(() => {
    history.replaceState(null, "", routeTo("markets", "", text === "" ? {} : { q: text }));
  }, [text]);
  return [text, setText];
}

/** Which markets the table shows. */
export function useMarketFilter(route: Route): MarketFilter {
  const [text, setText] = useSearchText(route);
  const [category, setCategory] = useChoice("markets.category", "");
  const favouritesOnly = useSwitch("markets.favourites", false);
  const openOnly = useSwitch("markets.open", true);
  const favourites = useSettings((settings) => settings.favourites);
  const version = useCatalogueVersion();

  // biome-ignore lint/correctness/useExhaustiveDependencies(version): the catalogue has changed.
  const { categories, totalCount } = useMemo(() => {
    const all = currentMarkets();
    return { categories: categoriesOf(all), totalCount: all.length };
  }, [version]);
  // A category that has no market any more would show nothing without a word.
  const shownCategory = categories.includes(category) ? category : "";
  // biome-ignore lint/correctness/useExhaustiveDependencies(version): the catalogue has changed.
  const entries = useMemo(() => {
    const tickers = favouritesOnly.isOn ? new Set(favourites) : undefined;
    const status = openOnly.isOn ? "open" : "all";
    return currentMarkets().filter((entry) =>
      matchesFilter(entry, { text, category: shownCategory, status, tickers }),
    );
  }, [version, text, shownCategory, favouritesOnly.isOn, favourites, openOnly.isOn]);
  return {
    text,
    setText,
    category: shownCategory,
    setCategory,
    categories,
    favouritesOnly,
    openOnly,
    entries,
    totalCount,
  };
}
