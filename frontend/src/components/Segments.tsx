import { memo, type ReactNode, useId } from "react";
import styles from "./Segments.module.css";

export interface Segment<Value extends string | number> {
  readonly value: Value;
  readonly label: ReactNode;
  /** Something smaller behind the label. */
  readonly detail?: ReactNode;
  readonly tone?: "yes" | "no";
}

interface SegmentsProps<Value extends string | number> {
  /** What is chosen here, for those who do not see it. */
  legend: string;
  value: Value;
  segments: readonly Segment<Value>[];
  onChange: (value: Value) => void;
  isDisabled?: boolean;
}

function SegmentsInner<Value extends string | number>({
  legend,
  value,
  segments,
  onChange,
  isDisabled = false,
}: SegmentsProps<Value>) {
  const name = useId();
  return (
    <fieldset className={styles.segments} disabled={isDisabled}>
      <legend className="visually-hidden">{legend}</legend>
      {segments.map((segment) => (
        <label key={segment.value} data-tone={segment.tone} className={styles.segment}>
          <input
            type="radio"
            name={name}
            checked={segment.value === value}
            onChange={() => onChange(segment.value)}
          />
          <span>{segment.label}</span>
          {segment.detail === undefined ? null : <small>{segment.detail}</small>}
        </label>
      ))}
    </fieldset>
  );
}

/** A few values side by side of which one holds; arrow keys move between them. */
export const Segments = memo(SegmentsInner) as typeof SegmentsInner;
