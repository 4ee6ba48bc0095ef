// Every page of the application. Each is a chunk of its own: the first view loads one of them.

import type { ComponentType } from "react";
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
  readonly chunk: PageChunk;
}

/**
 * The component of a page, loaded when it is wanted first. It is not left to React's Suspense, which
 * holds back what is there until its fallback was seen for 300 ms.
 */
export class PageChunk {
  #component: ComponentType<PageProps> | undefined;

  constructor(private readonly read: () => Promise<{ default: ComponentType<PageProps> }>) {}

  /** Not set: it is not there yet. */
  get component(): ComponentType<PageProps> | undefined {
    return this.#component;
  }

  async load(): Promise<ComponentType<PageProps>> {
    const { default: component } = await this.read();
    this.#component = component;
    return component;
  }
}

export const PAGES: readonly PageEntry[] = [
  {
    name: "markets",
    title: "Markets",
    isInBar: true,
    key: "m",
    isPublic: false,
    chunk: new PageChunk(() => import("@/pages/MarketsPage")),
  },
  {
    name: "market",
    title: "Market",
    isInBar: false,
    key: "",
    isPublic: false,
    chunk: new PageChunk(() => import("@/pages/MarketPage")),
  },
  {
    name: "portfolio",
    title: "Portfolio",
    isInBar: true,
    key: "p",
    isPublic: false,
    chunk: new PageChunk(() => import("@/pages/PortfolioPage")),
  },
  {
    name: "replay",
    title: "Replay",
    isInBar: true,
    key: "r",
    isPublic: false,
    chunk: new PageChunk(() => import("@/pages/ReplayPage")),
  },
  {
    name: "system",
    title: "System",
    isInBar: true,
    key: "s",
    isPublic: false,
    chunk: new PageChunk(() => import("@/pages/SystemPage")),
  },
  {
    name: "style",
    title: "Style guide",
    isInBar: false,
    key: "",
    isPublic: true,
    chunk: new PageChunk(() => import("@/pages/StylePage")),
  },
  {
    name: "sign-in",
    title: "Sign in",
    isInBar: false,
    key: "",
    isPublic: true,
    chunk: new PageChunk(() => import("@/pages/SignInPage")),
  },
  {
    name: "link",
    title: "Sign in",
    isInBar: false,
    key: "",
    isPublic: true,
    chunk: new PageChunk(() => import("@/pages/LinkPage")),
  },
];

export function pageOf(name: string): PageEntry | undefined {
  return PAGES.find((page) => page.name === name);
}
