import { DropdownMenu } from "radix-ui";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { OfferAction, useAction, useKeyboard } from "@/app/actions";
import { ConnectionState } from "@/app/ConnectionState";
import { navigate, type Route, routeTo } from "@/app/router";
import { PAGES } from "@/app/routes";
import { changeSettings, type Density, type Theme, useSettings } from "@/app/settings";
import { Badge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { classes } from "@/components/classes";
import { Keys } from "@/components/Keys";
import { showToast } from "@/components/toasts";
import { signOut, useSessionStore } from "@/data";
import { EmergencyStop } from "@/views/EmergencyStop/EmergencyStop";
import { EnvironmentMenu } from "@/views/System/EnvironmentMenu";
import styles from "./Shell.module.css";

const loadPalette = () => import("@/app/Palette");
const Palette = lazy(loadPalette);
const KeyMap = lazy(() => import("@/app/KeyMap"));

const PRELOAD_MS = 1_500;
const THEMES: readonly Theme[] = ["system", "dark", "light"];
const DENSITIES: readonly Density[] = ["compact", "regular", "comfortable"];
const NEXT_THEME: Record<Theme, Theme> = { system: "dark", dark: "light", light: "dark" };

/** The frame of every page: where one is, whether it is paper or live, whether it is of now. */
export function Shell({ route, children }: { route: Route; children: ReactNode }) {
  const [open, setOpen] = useState<"palette" | "keys" | null>(null);
  // It is there before it is wanted, and not before the page is.
  useEffect(() => {
    const timer = setTimeout(loadPalette, PRELOAD_MS);
    return () => clearTimeout(timer);
  }, []);
  useKeyboard(open !== null);
  useAction({
    id: "palette",
    title: "Open the command palette",
    group: "General",
    keys: "mod+k",
    isEverywhere: true,
    run: () => setOpen("palette"),
  });
  useAction({
    id: "key-map",
    title: "Show the keyboard map",
    group: "General",
    keys: "?",
    run: () => setOpen("keys"),
  });
  useAction({
    id: "theme",
    title: "Switch between light and dark",
    group: "General",
    keys: "shift+t",
    run: () => changeSettings({ theme: NEXT_THEME[useSettings.getState().theme] }),
  });
  const inBar = PAGES.filter((page) => page.isInBar);
  return (
    <div className={styles.shell}>
      {PAGES.filter((page) => page.key !== "").map((page) => (
        <OfferAction
          key={page.name}
          id={`go-${page.name}`}
          title={`Go to ${page.title}`}
          group="Go to"
          keys={`g ${page.key}`}
          run={() => navigate(routeTo(page.name))}
        />
      ))}
      <button type="button" className={styles.skip} onClick={skipToContent}>
        Skip to the content
      </button>
      <header className={styles.bar}>
        <a className={styles.brand} href={routeTo("markets")} aria-label="evx, to the markets">
          <Mark />
          <span className={styles.brandName}>evx</span>
        </a>
        <nav className={styles.nav} aria-label="Pages">
          {inBar.map((page) => (
            <a
              key={page.name}
              href={routeTo(page.name)}
              className={styles.link}
              aria-current={isAt(route, page.name) ? "page" : undefined}
            >
              {page.title}
            </a>
          ))}
        </nav>
        <button type="button" className={styles.search} onClick={() => setOpen("palette")}>
          <span aria-hidden="true">⌕</span>
          <span className={styles.searchText}>Search</span>
          <Keys keys="mod+k" />
        </button>
        <div className={styles.right}>
          <EmergencyStop />
          <ConnectionState />
          <Mode isReplay={route.page === "replay"} />
          <UserMenu onKeys={() => setOpen("keys")} />
        </div>
      </header>
      <main id="content" className={styles.main} tabIndex={-1}>
        {children}
      </main>
      <Suspense>
        {open === "palette" && <Palette onClose={() => setOpen(null)} />}
        {open === "keys" && <KeyMap onClose={() => setOpen(null)} />}
      </Suspense>
    </div>
  );
}

function skipToContent(): void {
  document.getElementById("content")?.focus();
}

function isAt(route: Route, name: string): boolean {
  return route.page === name || (name === "markets" && route.page === "market");
}

function Mark() {
  return (
    <svg width="20" height="20" viewBox="0 0 32 32" aria-hidden="true">
      <rect className={styles.markYes} x="4" y="6" width="24" height="4.5" rx="2.25" />
      <rect className={styles.markText} x="4" y="13.75" width="15" height="4.5" rx="2.25" />
      <rect className={styles.markNo} x="4" y="21.5" width="20" height="4.5" rx="2.25" />
    </svg>
  );
}

/** Paper, live or replay: never out of sight. */
function Mode({ isReplay }: { isReplay: boolean }) {
  return isReplay ? <Badge tone="replay">Replay</Badge> : <EnvironmentMenu />;
}

function UserMenu({ onKeys }: { onKeys: () => void }) {
  const session = useSessionStore((state) => state.session);
  const theme = useSettings((settings) => settings.theme);
  const density = useSettings((settings) => settings.density);
  const leave = () => {
    signOut().catch((error: Error) => {
      showToast({ title: "Signed out here only", detail: error.message, tone: "warning" });
    });
  };
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button variant="ghost" size="small">
          <span className={styles.user}>{session?.userName ?? ""}</span>
          <span className="visually-hidden">Settings and account</span>
          <span aria-hidden="true">▾</span>
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={styles.menu} align="end" sideOffset={6}>
          {session !== null && (
            <DropdownMenu.Label className={styles.menuHead}>
              {session.userName} <Badge>{session.role}</Badge>
            </DropdownMenu.Label>
          )}
          <DropdownMenu.Label className={styles.menuLabel}>Theme</DropdownMenu.Label>
          <Choice
            value={theme}
            values={THEMES}
            onChange={(value) => changeSettings({ theme: value })}
          />
          <DropdownMenu.Label className={styles.menuLabel}>Density</DropdownMenu.Label>
          <Choice
            value={density}
            values={DENSITIES}
            onChange={(value) => changeSettings({ density: value })}
          />
          <DropdownMenu.Separator className={styles.menuLine} />
          <DropdownMenu.Item className={styles.menuItem} onSelect={onKeys}>
            Keyboard map <Keys keys="?" />
          </DropdownMenu.Item>
          <DropdownMenu.Item
            className={styles.menuItem}
            onSelect={() => navigate(routeTo("style"))}
          >
            Style guide
          </DropdownMenu.Item>
          {session !== null && (
            <DropdownMenu.Item className={styles.menuItem} onSelect={leave}>
              Sign out
            </DropdownMenu.Item>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Choice<T extends string>({
  value,
  values,
  onChange,
}: {
  value: T;
  values: readonly T[];
  onChange: (value: T) => void;
}) {
  return (
    <DropdownMenu.RadioGroup
      className={styles.choices}
      value={value}
      onValueChange={(next) => onChange(next as T)}
    >
      {values.map((each) => (
        <DropdownMenu.RadioItem
          key={each}
          value={each}
          className={classes(styles.choice)}
          onSelect={(event) => event.preventDefault()}
        >
          {each}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}
