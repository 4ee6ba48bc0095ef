// Every page of the application. Each is a chunk of its own: the first view loads one of them.

import { type ComponentType, lazy } from "react";
import type { Route } from "@/app/router";

export interface PageProps {
  route: Route;
}

export interface PageEntry {
  /** First part of the address. */
  readonly name: string;
  /** What the bar at the top, the palette and the title of the window call it. */
  readonly title: string;
  /** Its place in the bar; false: it is reached otherwise. */
  readonly isInBar: boolean;
  /** The key after `g` that goes there; empty: none. */
  readonly key: string;
  /** True: nobody has to be signed in, and there is no connection. */
  readonly isPublic: boolean;
  readonly component: ComponentType<PageProps>;
}

export const PAGES: readonly PageEntry[] = [
  {
    name: "markets",
    title: "Markets",
    isInBar: true,
    key: "m",
    isPublic: false,
    component: lazy(() => import("@/pages/MarketsPage")),
  },
  {
    name: "market",
    title: "Market",
    isInBar: false,
    key: "",
    isPublic: false,
    component: lazy(() => import("@/pages/MarketPage")),
  },
  {
    name: "portfolio",
    title: "Portfolio",
    isInBar: true,
    key: "p",
    isPublic: false,
    component: lazy(() => import("@/pages/PortfolioPage")),
  },
  {
    name: "replay",
    title: "Replay",
    isInBar: true,
    key: "r",
    isPublic: false,
    component: lazy(() => import("@/pages/ReplayPage")),
  },
  {
    name: "system",
    title: "System",
    isInBar: true,
    key: "s",
    isPublic: false,
    component: lazy(() => import("@/pages/SystemPage")),
  },
  {
    name: "style",
    title: "Style guide",
    isInBar: false,
    key: "",
    isPublic: true,
    component: lazy(() => import("@/pages/StylePage")),
  },
  {
    name: "sign-in",
    title: "Sign in",
    isInBar: false,
    key: "",
    isPublic: true,
    component: lazy(() => import("@/pages/SignInPage")),
  },
  {
    name: "link",
    title: "Sign in",
    isInBar: false,
    key: "",
    isPublic: true,
    component: lazy(() => import("@/pages/LinkPage")),
  },
];

export function pageOf(name: string): PageEntry | undefined {
  return PAGES.find((page) => page.name === name);
}
