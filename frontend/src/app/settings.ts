// What a user likes, kept in this browser for each user: theme, density, sizes of panels, favourites.

import { useCallback } from "react";
import { create } from "zustand";
import { useSessionStore } from "@/data";

export type Theme = "dark" | "light" | "system";
export type Density = "compact" | "regular" | "comfortable";

export interface Settings {
  theme: Theme;
  density: Density;
  /** Markets with a star. */
  favourites: readonly string[];
  /** Anything else by name: sizes of panels, chosen tabs, sort orders. */
  choices: Readonly<Record<string, string>>;
}

const DEFAULTS: Settings = { theme: "system", density: "regular", favourites: [], choices: {} };
const THEMES: readonly string[] = ["dark", "light", "system"];
const DENSITIES: readonly string[] = ["compact", "regular", "comfortable"];
const CHOICES_MAX = 200;

export const useSettings = create<Settings>(() => DEFAULTS);

function storageKey(userName: string): string {
  return `evx.settings.${userName}`;
}

/** Reads what was kept; what is not understood is left out. */
export function parseSettings(text: string | null): Settings {
  let kept: Partial<Record<keyof Settings, unknown>> = {};
  try {
    const parsed: unknown = JSON.parse(text ?? "{}");
    if (typeof parsed === "object" && parsed !== null) kept = parsed;
  } catch {
    return DEFAULTS;
  }
  const { theme, density, favourites, choices } = kept;
  return {
    theme: THEMES.includes(String(theme)) ? (theme as Theme) : DEFAULTS.theme,
    density: DENSITIES.includes(String(density)) ? (density as Density) : DEFAULTS.density,
    favourites: Array.isArray(favourites)
      ? favourites.filter((name): name is string => typeof name === "string")
      : [],
    choices: Object.fromEntries(
      Object.entries(typeof choices === "object" && choices !== null ? choices : {})
        .filter((entry): entry is [string, string] => typeof entry[1] === "string")
        .slice(0, CHOICES_MAX),
    ),
  };
}

function userName(): string {
  return useSessionStore.getState().session?.userName ?? "";
}

function apply({ theme, density }: Settings): void {
  const isDark =
    theme === "dark" ||
    (theme === "system" && !window.matchMedia("(prefers-color-scheme: light)").matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  document.documentElement.dataset.density = density;
}

/** Once, before anything is drawn. */
export function startSettings(): void {
  const read = () => {
    // Before anybody is signed in the page looks as it did for the last one.
    const name = userName();
    const key = name === "" ? (localStorage.getItem("evx.last-user") ?? "") : name;
    if (name !== "") localStorage.setItem("evx.last-user", name);
    useSettings.setState(parseSettings(localStorage.getItem(storageKey(key))));
  };
  useSettings.subscribe(apply);
  let shown = "";
  useSessionStore.subscribe(() => {
    if (userName() === shown) return;
    shown = userName();
    if (shown !== "") read();
  });
  window.matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => {
    apply(useSettings.getState());
  });
  read();
}

export function changeSettings(change: Partial<Settings>): void {
  useSettings.setState(change);
  const { theme, density, favourites, choices } = useSettings.getState();
  const text = JSON.stringify({ theme, density, favourites, choices });
  localStorage.setItem(storageKey(userName()), text);
}

/** A choice by name that is kept for the user. */
export function useChoice(name: string, fallback: string): [string, (value: string) => void] {
  const value = useSettings((settings) => settings.choices[name] ?? fallback);
  const choose = useCallback(
    (next: string) => {
      changeSettings({ choices: { ...useSettings.getState().choices, [name]: next } });
    },
    [name],
  );
  return [value, choose];
}

/** A share of a Split that is kept for the user. */
export function useShare(name: string, fallback: number): [number, (share: number) => void] {
  const [text, choose] = useChoice(`share.${name}`, String(fallback));
  const share = Number(text);
  const set = useCallback((next: number) => choose(String(next)), [choose]);
  return [Number.isFinite(share) ? share : fallback, set];
}

export function toggleFavourite(marketTicker: string): void {
  const { favourites } = useSettings.getState();
  changeSettings({
    favourites: favourites.includes(marketTicker)
      ? favourites.filter((name) => name !== marketTicker)
      : [...favourites, marketTicker],
  });
}
