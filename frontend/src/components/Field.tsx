import { type ComponentProps, type ReactNode, useId } from "react";
import { classes } from "@/components/classes";
import styles from "./Field.module.css";

export interface FieldProps {
  label: string;
  /** What it is good for, in half a sentence. */
  hint?: ReactNode;
  /** Why what stands in it does not do; empty: it does. */
  error?: string | undefined;
  /** The label is for screen readers alone. */
  isLabelHidden?: boolean;
  children: (ids: { id: string; describedBy: string | undefined; isInvalid: boolean }) => ReactNode;
}

/** A labelled input with what is wrong with it. */
export function Field({ label, hint, error, isLabelHidden = false, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const isInvalid = error !== undefined && error !== "";
  const note = isInvalid ? error : hint;
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={isLabelHidden ? "visually-hidden" : styles.label}>
        {label}
      </label>
      {children({ id, describedBy: note === undefined ? undefined : noteId, isInvalid })}
      {note !== undefined && (
        <div id={noteId} className={classes(styles.note, isInvalid && styles.error)}>
          {isInvalid && <span aria-hidden="true">⚠ </span>}
          {note}
        </div>
      )}
    </div>
  );
}

export interface TextFieldProps
  extends Omit<FieldProps, "children">,
    Omit<ComponentProps<"input">, "id" | "onChange" | "value" | "size"> {
  value: string;
  onChange: (value: string) => void;
  size?: "small" | "regular" | "large";
}

export function TextField({
  label,
  hint,
  error,
  isLabelHidden,
  value,
  onChange,
  size = "regular",
  className,
  ...rest
}: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} isLabelHidden={isLabelHidden ?? false}>
      {({ id, describedBy, isInvalid }) => (
        <input
          {...rest}
          id={id}
          className={classes(styles.input, styles[size], className)}
          value={value}
          aria-describedby={describedBy}
          aria-invalid={isInvalid || undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

export interface SelectFieldProps<T extends string> extends Omit<FieldProps, "children"> {
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
  isDisabled?: boolean;
}

export function SelectField<T extends string>({
  value,
  options,
  onChange,
  isDisabled = false,
  ...field
}: SelectFieldProps<T>) {
  return (
    <Field {...field}>
      {({ id, describedBy }) => (
        <select
          id={id}
          className={classes(styles.input, styles.regular, styles.select)}
          value={value}
          disabled={isDisabled}
          aria-describedby={describedBy}
          onChange={(event) => onChange(event.target.value as T)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
