import { Command } from "cmdk";
import { useMemo, useRef, useState } from "react";
import { useActions } from "@/app/actions";
import { navigate, routeTo } from "@/app/router";
import { Keys } from "@/components/Keys";
import { currentMarkets, useCatalogueVersion, useMarketsKept } from "@/data";
import styles from "./Palette.module.css";

const MARKETS_SHOWN = 30;

/** Everything by its name: actions, pages, markets. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const actions = useActions((state) => state.actions);
  const [text, setText] = useState("");
  useMarketsKept();
  const version = useCatalogueVersion();
  // biome-ignore lint/correctness/useExhaustiveDependencies(version): the catalogue has changed.
  const markets = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    const found = currentMarkets().filter(({ market }) => {
      const line = `${market.marketTicker} ${market.title} ${market.subtitle}`.toLowerCase();
      return words.every((word) => line.includes(word));
    });
    return found.slice(0, MARKETS_SHOWN);
  }, [text, version]);

  const groups = new Map<string, typeof actions>();
  for (const action of actions) {
    groups.set(action.group, [...(groups.get(action.group) ?? []), action]);
  }
  // The focus goes back where it was; what was chosen may then take it elsewhere.
  const opener = useRef(document.activeElement);
  const run = (what?: () => void) => {
    onClose();
    setTimeout(() => {
      if (opener.current instanceof HTMLElement) opener.current.focus();
      what?.();
    });
  };
  return (
    <Command.Dialog
      open
      onOpenChange={(isOpen) => !isOpen && run()}
      label="Command palette"
      overlayClassName={styles.overlay ?? ""}
      contentClassName={styles.dialog ?? ""}
      loop
    >
      <Command.Input
        className={styles.input}
        placeholder="Search markets and commands"
        value={text}
        onValueChange={setText}
      />
      <Command.List className={styles.list}>
        <Command.Empty className={styles.empty}>Nothing is called that.</Command.Empty>
        {markets.length > 0 && (
          <Command.Group heading="Markets" className={styles.group}>
            {markets.map(({ market }) => (
              <Command.Item
                key={market.marketTicker}
                value={`${market.marketTicker} ${market.title} ${market.subtitle}`}
                className={styles.item}
                onSelect={() => run(() => navigate(routeTo("market", market.marketTicker)))}
              >
                <span className={styles.name}>
                  {market.title}
                  {market.subtitle !== "" && <span className={styles.sub}> {market.subtitle}</span>}
                </span>
                <span className={styles.code}>{market.marketTicker}</span>
              </Command.Item>
            ))}
          </Command.Group>
        )}
        {[...groups].map(([group, list]) => (
          <Command.Group key={group} heading={group} className={styles.group}>
            {list.map((action) => (
              <Command.Item
                key={action.id}
                value={`${action.title} ${action.group}`}
                className={styles.item}
                onSelect={() => run(action.run)}
              >
                <span className={styles.name}>{action.title}</span>
                <Keys keys={action.keys} />
              </Command.Item>
            ))}
          </Command.Group>
        ))}
      </Command.List>
    </Command.Dialog>
  );
}
