import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useRef } from "react";
import { classes } from "@/components/classes";
import styles from "./Dialog.module.css";

export interface DialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** What it is about, for those who do not know it yet. */
  description?: ReactNode;
  /** "danger": what it asks for cannot be taken back. */
  tone?: "neutral" | "danger";
  /** Buttons, the one that is meant last. */
  footer?: ReactNode;
  isWide?: boolean;
  children?: ReactNode;
}

/**
 * A question that must be answered before anything else: focus stays inside, Escape closes, and then
 * it is back where it was.
 */
export function Dialog({
  isOpen,
  onClose,
  title,
  description,
  tone = "neutral",
  footer,
  isWide = false,
  children,
}: DialogProps) {
  // Taken before a button of the dialog takes the focus as it is drawn.
  const opener = useRef<Element | null>(null);
  if (!isOpen) opener.current = null;
  else opener.current ??= document.activeElement;
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={styles.overlay} />
        <Radix.Content
          className={classes(
            styles.dialog,
            isWide && styles.wide,
            tone === "danger" && styles.danger,
          )}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (opener.current instanceof HTMLElement) opener.current.focus();
          }}
          // What is only read takes the focus itself: a ring around its text would tell nothing.
          onOpenAutoFocus={(event) => {
            if (!isWide) return;
            event.preventDefault();
            if (event.target instanceof HTMLElement) event.target.focus();
          }}
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
        >
          <Radix.Title className={styles.title}>{title}</Radix.Title>
          {description !== undefined && (
            <Radix.Description className={styles.description}>{description}</Radix.Description>
          )}
          <div className={styles.body} tabIndex={isWide ? 0 : undefined}>
            {children}
          </div>
          {footer !== undefined && <div className={styles.footer}>{footer}</div>}
          <Radix.Close className={styles.close} aria-label="Close">
            ✕
          </Radix.Close>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
