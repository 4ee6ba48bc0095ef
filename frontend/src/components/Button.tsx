import type { ComponentProps, ReactNode } from "react";
import { classes } from "@/components/classes";
import styles from "./Button.module.css";

export interface ButtonProps extends ComponentProps<"button"> {
  /** What pressing it means; "yes" and "no" buy those contracts. */
  variant?: "secondary" | "primary" | "ghost" | "danger" | "yes" | "no";
  size?: "small" | "regular" | "large";
  /** It is at work: it cannot be pressed, and says so to a screen reader. */
  isBusy?: boolean;
  /** It is one of several, or a switch, and it is on. */
  isPressed?: boolean;
  icon?: ReactNode;
}

export function Button({
  variant = "secondary",
  size = "regular",
  isBusy = false,
  isPressed,
  icon,
  children,
  className,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classes(styles.button, styles[variant], styles[size], className)}
      disabled={disabled === true || isBusy}
      aria-busy={isBusy || undefined}
      aria-pressed={isPressed}
    >
      {icon}
      {children}
      {isBusy && <span className={styles.busy} aria-hidden="true" />}
    </button>
  );
}
