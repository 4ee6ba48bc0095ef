import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";
import styles from "./Tabs.module.css";

export interface Tab {
  value: string;
  title: ReactNode;
  content: ReactNode;
}

/** One of several panels; arrows go from tab to tab. */
export function Tabs({
  label,
  tabs,
  value,
  onChange,
  actions,
}: {
  label: string;
  tabs: readonly Tab[];
  value: string;
  onChange: (value: string) => void;
  actions?: ReactNode;
}) {
  return (
    <Radix.Root value={value} onValueChange={onChange} className={styles.root}>
      <div className={styles.head}>
        <Radix.List aria-label={label} className={styles.list}>
          {tabs.map((tab) => (
            <Radix.Trigger key={tab.value} value={tab.value} className={styles.tab}>
              {tab.title}
            </Radix.Trigger>
          ))}
        </Radix.List>
        {actions}
      </div>
      {tabs.map((tab) => (
        <Radix.Content key={tab.value} value={tab.value} className={styles.content} tabIndex={-1}>
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
