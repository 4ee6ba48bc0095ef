import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { classes } from "@/components/classes";
import { Field, type FieldProps } from "@/components/Field";
import type { Parsed } from "@/data";
import styles from "./Field.module.css";

export interface NumberFieldProps extends Omit<FieldProps, "children"> {
  /** The integer in its smallest unit (micro-dollars, hundredths); null: empty. */
  value: bigint | null;
  onChange: (value: bigint | null) => void;
  /** The integer as it is written in the field. */
  format: (value: bigint) => string;
  /** What was typed, as an integer, or why it is none. */
  parse: (text: string) => Parsed;
  /** The value so many steps away; the arrows and the two buttons use it. */
  step: (value: bigint | null, steps: number) => bigint | null;
  isDisabled?: boolean;
  autoFocus?: boolean;
  onEnter?: () => void;
}

const MANY = 10;

/**
 * A number that stays an integer: text is only its picture. What is typed is kept as typed until it
 * is understood; arrow keys go one step, with Shift or Page ten.
 */
export function NumberField({
  value,
  onChange,
  format,
  parse,
  step,
  isDisabled = false,
  autoFocus = false,
  onEnter,
  error,
  ...field
}: NumberFieldProps) {
  const [text, setText] = useState(value === null ? "" : format(value));
  const [fault, setFault] = useState("");
  const typed = useRef<bigint | null>(value);
  const input = useRef<HTMLInputElement>(null);

  // A value from outside replaces what stands there; one that was just typed does not.
  useEffect(() => {
    if (value === typed.current) return;
    typed.current = value;
    setText(value === null ? "" : format(value));
    setFault("");
  }, [value, format]);

  useEffect(() => {
    if (autoFocus) input.current?.select();
  }, [autoFocus]);

  const take = (next: bigint | null) => {
    typed.current = next;
    if (next !== value) onChange(next);
  };

  const type = (next: string) => {
    setText(next);
    if (next.trim() === "") {
      setFault("");
      take(null);
      return;
    }
    const parsed = parse(next);
    setFault(parsed.ok ? "" : parsed.reason);
    take(parsed.ok ? parsed.value : null);
  };

  const move = (steps: number) => {
    const next = step(value, steps);
    setFault("");
    setText(next === null ? "" : format(next));
    take(next);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const many = event.shiftKey ? MANY : 1;
    const steps: Record<string, number> = {
      ArrowUp: many,
      ArrowDown: -many,
      PageUp: MANY,
      PageDown: -MANY,
    };
    const by = steps[event.key];
    if (by !== undefined) {
      event.preventDefault();
      move(by);
    } else if (event.key === "Enter") {
      onEnter?.();
    }
  };

  return (
    <Field {...field} error={fault === "" ? error : fault}>
      {({ id, describedBy, isInvalid }) => (
        <div className={styles.stepper}>
          <button
            type="button"
            className={styles.step}
            tabIndex={-1}
            aria-label={`${field.label}: one step down`}
            disabled={isDisabled}
            onClick={() => move(-1)}
          >
            −
          </button>
          <input
            ref={input}
            id={id}
            className={classes(styles.input, styles.regular)}
            inputMode="decimal"
            autoComplete="off"
            value={text}
            disabled={isDisabled}
            aria-describedby={describedBy}
            aria-invalid={isInvalid || undefined}
            onChange={(event) => type(event.target.value)}
            onKeyDown={onKeyDown}
            onFocus={(event) => event.target.select()}
          />
          <button
            type="button"
            className={styles.step}
            tabIndex={-1}
            aria-label={`${field.label}: one step up`}
            disabled={isDisabled}
            onClick={() => move(1)}
          >
            +
          </button>
        </div>
      )}
    </Field>
  );
}
