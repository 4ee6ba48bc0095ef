// Every component in every state, and every colour. Values here are examples of form, named as such.

import { type ReactNode, useState } from "react";
import { routeTo } from "@/app/router";
import { changeSettings, type Density, type Theme, useSettings } from "@/app/settings";
import { Badge, type Tone } from "@/components/Badge";
import { Button, type ButtonProps } from "@/components/Button";
import { columnQuantity } from "@/components/columnQuantity";
import { Dialog } from "@/components/Dialog";
import { SelectField, TextField } from "@/components/Field";
import { Flash } from "@/components/Flash";
import { Keys } from "@/components/Keys";
import { NumberField } from "@/components/NumberField";
import { Panel } from "@/components/Panel";
import { Spark } from "@/components/Spark";
import { Split } from "@/components/Split";
import { type Column, type Sort, Table } from "@/components/Table";
import { Tabs } from "@/components/Tabs";
import { Tooltip } from "@/components/Tooltip";
import { showToast, type ToastTone } from "@/components/toasts";
import { failure, formatPrice, idle, parsePrice, pending, success } from "@/data";
import styles from "./StylePage.module.css";

const VARIANTS: NonNullable<ButtonProps["variant"]>[] = [
  "secondary",
  "primary",
  "ghost",
  "danger",
  "yes",
  "no",
];
const TONES: Tone[] = [
  "neutral",
  "info",
  "positive",
  "negative",
  "warning",
  "paper",
  "live",
  "replay",
  "own",
];
const TOASTS: ToastTone[] = ["info", "success", "warning", "error"];
const COLORS = [
  "surface-page",
  "surface-panel",
  "surface-raised",
  "surface-sunken",
  "surface-hover",
  "surface-selected",
  "border-subtle",
  "border",
  "border-strong",
  "border-control",
  "text",
  "text-muted",
  "text-faint",
  "accent",
  "accent-strong",
  "yes",
  "yes-strong",
  "yes-surface",
  "no",
  "no-strong",
  "no-surface",
  "warning",
  "danger",
  "info",
  "own",
  "flash-up",
  "flash-down",
];

const CENT = 10_000n;
const FAULT = {
  reason: "Unavailable",
  message: "The exchange does not answer.",
  isRetryable: true,
};

interface ExampleRow {
  readonly name: string;
  readonly micros: bigint;
}
const ROWS: readonly ExampleRow[] = Array.from({ length: 99 }, (_, index) => ({
  name: `Row ${index + 1}`,
  micros: BigInt(index + 1) * CENT,
}));
const COLUMNS: Column<ExampleRow>[] = [
  {
    key: "name",
    header: "Name",
    width: "minmax(100px, 1fr)",
    cell: (row) => row.name,
    sortBy: (row) => row.name,
  },
  {
    key: "price",
    header: "Price",
    width: "80px",
    align: "end",
    cell: (row) => formatPrice(row.micros),
    sortBy: (row) => row.micros,
  },
];

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.section}>
      <h2 className={styles.heading}>{title}</h2>
      {children}
    </section>
  );
}

/** The kit, for those who build with it. */
export default function StylePage() {
  return (
    <main className={styles.page}>
      <header className={styles.head}>
        <h1 className={styles.title}>Style guide</h1>
        <p className={styles.lead}>
          Every component in every state. Its values are examples.{" "}
          <a href={routeTo("markets")}>To the markets</a>
        </p>
        <Looks />
      </header>
      <Section title="Colours">
        <ul className={styles.colors}>
          {COLORS.map((name) => (
            <li key={name} className={styles.color}>
              <span className={styles.swatch} style={{ background: `var(--${name})` }} />
              {name}
            </li>
          ))}
        </ul>
      </Section>
      <Section title="Type">
        <p className={styles.display}>0.56 / 0.57</p>
        <p className={styles.titleText}>Title: will it be above 40°?</p>
        <p className={styles.large}>Large: figures of a head, 1,234.50</p>
        <p>Body: rows and text, 0123456789 stand under each other</p>
        <p className={styles.small}>Small: notes and heads of columns</p>
      </Section>
      <Section title="Button">
        <Line>
          {VARIANTS.map((variant) => (
            <Button key={variant} variant={variant}>
              {variant}
            </Button>
          ))}
        </Line>
        <Line>
          <Button size="small">small</Button>
          <Button>regular</Button>
          <Button size="large">large</Button>
          <Button isPressed>pressed</Button>
          <Button isPressed={false}>not pressed</Button>
          <Button disabled>disabled</Button>
          <Button variant="primary" isBusy>
            busy
          </Button>
        </Line>
      </Section>
      <Section title="Badge">
        <Line>
          {TONES.map((tone) => (
            <Badge key={tone} tone={tone}>
              {tone}
            </Badge>
          ))}
        </Line>
      </Section>
      <Fields />
      <Section title="Panel">
        <div className={styles.panels}>
          <Panel title="Idle" message="EXAMPLE" value={idle<string>()}>
            {(text) => text}
          </Panel>
          <Panel title="Pending" message="EXAMPLE" value={pending<string>()}>
            {(text) => text}
          </Panel>
          <Panel title="Success" message="EXAMPLE" value={success("What was asked for.")}>
            {(text) => text}
          </Panel>
          <Panel
            title="Empty"
            message="EXAMPLE"
            value={success("")}
            isEmpty={(text) => text === ""}
            empty="Nothing rests in this book."
          >
            {(text) => text}
          </Panel>
          <Panel title="Stale" message="EXAMPLE" value={success("From before the gap.")} isStale>
            {(text) => text}
          </Panel>
          <Panel
            title="Refused"
            message="EXAMPLE"
            value={failure<string>(FAULT)}
            onRetry={() => {}}
          >
            {(text) => text}
          </Panel>
          <Panel
            title="Failed, with old data"
            message="EXAMPLE"
            value={failure<string>(FAULT, success("What was there before."))}
            onRetry={() => {}}
          >
            {(text) => text}
          </Panel>
        </div>
      </Section>
      <Tables />
      <Layers />
      <Figures />
    </main>
  );
}

function Line({ children }: { children: ReactNode }) {
  return <div className={styles.line}>{children}</div>;
}

function Looks() {
  const theme = useSettings((settings) => settings.theme);
  const density = useSettings((settings) => settings.density);
  return (
    <div className={styles.looks}>
      <SelectField<Theme>
        label="Theme"
        value={theme}
        onChange={(value) => changeSettings({ theme: value })}
        options={[
          { value: "system", label: "As the system" },
          { value: "dark", label: "Dark" },
          { value: "light", label: "Light" },
        ]}
      />
      <SelectField<Density>
        label="Density"
        value={density}
        onChange={(value) => changeSettings({ density: value })}
        options={[
          { value: "compact", label: "Compact" },
          { value: "regular", label: "Regular" },
          { value: "comfortable", label: "Comfortable" },
        ]}
      />
    </div>
  );
}

function Fields() {
  const [text, setText] = useState("");
  const [choice, setChoice] = useState("gtc");
  const [price, setPrice] = useState<bigint | null>(560_000n);
  return (
    <Section title="Field">
      <div className={styles.fields}>
        <TextField label="Text" value={text} onChange={setText} placeholder="Placeholder" />
        <TextField label="With a hint" hint="1 to 64 characters" value={text} onChange={setText} />
        <TextField
          label="With a fault"
          error="Price 0.565 is off the tick grid"
          value="0.565"
          onChange={() => {}}
        />
        <TextField label="Disabled" value="" onChange={() => {}} disabled />
        <SelectField
          label="Choice"
          value={choice}
          onChange={setChoice}
          options={[
            { value: "gtc", label: "Good till canceled" },
            { value: "ioc", label: "Immediate or cancel" },
          ]}
        />
        <NumberField
          label="Integer price"
          hint="Arrows: one tick, with Shift ten"
          value={price}
          onChange={setPrice}
          format={(value) => formatPrice(value)}
          parse={parsePrice}
          step={(value, steps) => {
            const next = (value ?? 500_000n) + BigInt(steps) * CENT;
            return next < CENT ? CENT : next > 990_000n ? 990_000n : next;
          }}
        />
      </div>
    </Section>
  );
}

/** Without widths: as wide as what stands in them. */
const FITTED_COLUMNS = COLUMNS.map(({ width: _, ...column }) => column);

function Tables() {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(["Row 1"]));
  const [sort, setSort] = useState<Sort>({ key: "price", isDescending: true });
  const [tab, setTab] = useState("one");
  const [share, setShare] = useState(50);
  return (
    <>
      <Section title="Table">
        <div className={styles.tables}>
          <div className={styles.box}>
            <Table
              label="Example"
              rows={ROWS}
              keyOf={(row) => row.name}
              columns={COLUMNS}
              sort={sort}
              onSort={setSort}
              onOpen={(row) => showToast({ title: `${row.name} opened` })}
              isMarked={(row) => row.name === "Row 97"}
            />
          </div>
          <div className={styles.box}>
            <Table
              label="Example with boxes"
              rows={ROWS.slice(0, 5)}
              keyOf={(row) => row.name}
              columns={FITTED_COLUMNS}
              initialSort={{ key: "name", isDescending: false }}
              selection={{ keys: chosen, onChange: setChosen, labelOf: (key) => key }}
            />
          </div>
          <div className={styles.box}>
            <Table
              label="Example without rows"
              rows={[]}
              keyOf={(row: ExampleRow) => row.name}
              columns={COLUMNS}
              empty="No market fits."
            />
          </div>
        </div>
      </Section>
      <Section title="Tabs and Split">
        <div className={styles.box}>
          <Tabs
            label="Example"
            value={tab}
            onChange={setTab}
            tabs={[
              {
                value: "one",
                title: "One",
                content: (
                  <Split
                    label="Width of the left part"
                    direction="row"
                    share={share}
                    onShare={setShare}
                    first={<p className={styles.part}>Left, {share}%</p>}
                    second={<p className={styles.part}>Right</p>}
                  />
                ),
              },
              { value: "two", title: "Two", content: <p className={styles.part}>Two</p> },
            ]}
          />
        </div>
      </Section>
    </>
  );
}

function Layers() {
  const [open, setOpen] = useState<"neutral" | "danger" | null>(null);
  return (
    <Section title="Dialog, Toast, Tooltip">
      <Line>
        <Button onClick={() => setOpen("neutral")}>Dialog</Button>
        <Button onClick={() => setOpen("danger")}>Dialog that warns</Button>
        {TOASTS.map((tone) => (
          <Button
            key={tone}
            onClick={() =>
              showToast({
                title: `A message of tone ${tone}`,
                detail: "What it is about.",
                tone,
                undo: { label: "Undo", run: () => showToast({ title: "Taken back" }) },
              })
            }
          >
            Toast: {tone}
          </Button>
        ))}
        <Tooltip content="A few words more">
          <Button>Tooltip</Button>
        </Tooltip>
      </Line>
      <Dialog
        isOpen={open !== null}
        onClose={() => setOpen(null)}
        title={open === "danger" ? "Cancel all orders?" : "A question"}
        description="What happens then."
        tone={open ?? "neutral"}
        footer={
          <>
            <Button onClick={() => setOpen(null)}>No</Button>
            <Button
              variant={open === "danger" ? "danger" : "primary"}
              onClick={() => setOpen(null)}
            >
              Yes
            </Button>
          </>
        }
      />
    </Section>
  );
}

function Figures() {
  const [value, setValue] = useState(560_000n);
  return (
    <Section title="Figures">
      <Line>
        <Spark values={[1, 3, 2, 5, 4, 7]} label="Example: rising" />
        <Spark values={[7, 5, 6, 2, 3, 1]} label="Example: falling" />
        <Spark values={[4, 5, 3, 4]} label="Example: level" />
        <Spark values={[]} label="Example: nothing known" />
        <Flash value={value}>{formatPrice(value)}</Flash>
        <Button size="small" onClick={() => setValue(value + CENT)}>
          Rise
        </Button>
        <Button size="small" onClick={() => setValue(value - CENT)}>
          Fall
        </Button>
        <span className={styles.quantities}>
          {[125_000n, 50n, 1_225n].map((centis) => (
            <span key={String(centis)}>{columnQuantity(centis)}</span>
          ))}
        </span>
        <Keys keys="mod+k" />
        <Keys keys="g m" />
        <Keys keys="shift+t" />
      </Line>
    </Section>
  );
}
