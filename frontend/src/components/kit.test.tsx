import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import { Badge } from "@/components/Badge";
import { Button } from "@/components/Button";
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
import { ToastRegion } from "@/components/ToastRegion";
import { Tooltip, TooltipProvider } from "@/components/Tooltip";
import { showToast } from "@/components/toasts";
import { failure, formatPrice, idle, type Loadable, parsePrice, pending, success } from "@/data";

describe("Button", () => {
  it("that is busy cannot be pressed and says so", async () => {
    const onClick = vi.fn();
    render(
      <Button isBusy onClick={onClick}>
        Send
      </Button>,
    );
    const button = screen.getByRole("button", { name: "Send" });
    await userEvent.click(button);
    expect(onClick).not.toHaveBeenCalled();
    expect(button).toHaveAttribute("aria-busy", "true");
  });

  it("that is a switch tells where it stands", () => {
    render(<Button isPressed={false}>Open only</Button>);
    expect(screen.getByRole("button")).toHaveAttribute("aria-pressed", "false");
  });
});

describe("Badge, Keys", () => {
  it("say in words what their colour says", () => {
    render(
      <>
        <Badge tone="live">live</Badge>
        <Keys keys="g m" />
      </>,
    );
    expect(screen.getByText("live")).toBeVisible();
    expect(screen.getByText("then")).toBeVisible();
  });
});

describe("Quantities in a column", () => {
  it("have as much room behind the point, whatever stands there", () => {
    const texts = [125_000n, 125_050n, 125_055n].map(columnQuantity);
    expect(texts.map((text) => text.trim())).toEqual(["1,250", "1,250.5", "1,250.55"]);
    expect(new Set(texts.map((text) => text.length)).size).toBe(1);
  });
});

describe("Field", () => {
  it("names its input and tells what is wrong with it", () => {
    render(<TextField label="Price" error="off the tick grid" value="0.565" onChange={() => {}} />);
    const input = screen.getByLabelText("Price");
    expect(input).toBeInvalid();
    expect(input).toHaveAccessibleDescription(/off the tick grid/);
  });

  it("gives the value that was chosen", async () => {
    const onChange = vi.fn();
    const options = [
      { value: "a", label: "First" },
      { value: "b", label: "Second" },
    ];
    render(<SelectField label="Which" value="a" options={options} onChange={onChange} />);
    await userEvent.selectOptions(screen.getByLabelText("Which"), "Second");
    expect(onChange).toHaveBeenCalledWith("b");
  });
});

function PriceField({ initial }: { initial: bigint | null }) {
  const [value, setValue] = useState(initial);
  return (
    <>
      <NumberField
        label="Price"
        value={value}
        onChange={setValue}
        format={(micros) => formatPrice(micros)}
        parse={parsePrice}
        step={(micros, steps) => (micros ?? 500_000n) + BigInt(steps) * 10_000n}
      />
      <output>{value === null ? "none" : value.toString()}</output>
    </>
  );
}

describe("NumberField", () => {
  it("keeps integers: arrows go one step, with Shift ten", async () => {
    render(<PriceField initial={560_000n} />);
    await userEvent.type(screen.getByLabelText("Price"), "{ArrowUp}{Shift>}{ArrowDown}{/Shift}");
    expect(screen.getByRole("status")).toHaveTextContent("470000");
    expect(screen.getByLabelText("Price")).toHaveValue("0.47");
  });

  it("leaves what is typed as it is typed, and says why it is no number", async () => {
    render(<PriceField initial={null} />);
    const input = screen.getByLabelText("Price");
    await userEvent.type(input, "0.5x");
    expect(input).toHaveValue("0.5x");
    expect(input).toBeInvalid();
    expect(screen.getByRole("status")).toHaveTextContent("none");
    await userEvent.clear(input);
    await userEvent.type(input, "56c");
    expect(screen.getByRole("status")).toHaveTextContent("560000");
  });
});

describe("Dialog", () => {
  it("takes the focus, has a name, and closes by Escape", async () => {
    const onClose = vi.fn();
    render(<Dialog isOpen onClose={onClose} title="Cancel all?" description="At once." />);
    const dialog = screen.getByRole("dialog", { name: "Cancel all?" });
    expect(dialog).toHaveAccessibleDescription("At once.");
    expect(dialog).toContainElement(document.activeElement as HTMLElement);
    await userEvent.keyboard("{Escape}");
    expect(onClose).toHaveBeenCalled();
  });

  it("takes the focus itself where it is only read", async () => {
    render(
      <Dialog isOpen onClose={() => {}} title="Keyboard" isWide>
        Much to read
      </Dialog>,
    );
    expect(screen.getByRole("dialog", { name: "Keyboard" })).toHaveFocus();
    // Then what scrolls, and what can be pressed.
    await userEvent.tab();
    expect(screen.getByText("Much to read")).toHaveFocus();
    await userEvent.tab();
    expect(screen.getByRole("button", { name: "Close" })).toHaveFocus();
  });

  it("gives the focus back, also where a button of it takes it at once", async () => {
    function Asking() {
      const [isOpen, setOpen] = useState(false);
      const close = () => setOpen(false);
      return (
        <>
          <Button onClick={() => setOpen(true)}>Ask</Button>
          {isOpen && (
            <Dialog isOpen onClose={close} title="Sure?" footer={<Button autoFocus>Yes</Button>} />
          )}
        </>
      );
    }
    render(<Asking />);
    await userEvent.click(screen.getByRole("button", { name: "Ask" }));
    expect(screen.getByRole("button", { name: "Yes" })).toHaveFocus();
    await userEvent.keyboard("{Escape}");
    await waitFor(() => expect(screen.getByRole("button", { name: "Ask" })).toHaveFocus());
  });
});

describe("Tabs", () => {
  it("go by arrow keys", async () => {
    const onChange = vi.fn();
    const tabs = ["one", "two"].map((value) => ({ value, title: value, content: value }));
    render(<Tabs label="Parts" tabs={tabs} value="one" onChange={onChange} />);
    await userEvent.click(screen.getByRole("tab", { name: "one" }));
    await userEvent.keyboard("{ArrowRight}");
    expect(onChange).toHaveBeenCalledWith("two");
  });
});

describe("Toast", () => {
  it("offers to take back what was done, and goes", async () => {
    const run = vi.fn();
    render(<ToastRegion />);
    act(() => {
      showToast({ title: "Order moved", tone: "error", undo: { label: "Move back", run } });
    });
    const region = screen.getByRole("region", { name: "Messages" });
    await userEvent.click(within(region).getByRole("button", { name: "Move back" }));
    expect(run).toHaveBeenCalledOnce();
    expect(screen.queryByText("Order moved")).not.toBeInTheDocument();
  });
});

describe("Tooltip", () => {
  it("shows for those who come by keyboard", async () => {
    render(
      <TooltipProvider delayDuration={0}>
        <Tooltip content="Few words">
          <button type="button">Thing</button>
        </Tooltip>
      </TooltipProvider>,
    );
    await userEvent.tab();
    expect(await screen.findByRole("tooltip")).toHaveTextContent("Few words");
  });
});

describe("Panel", () => {
  const fault = { reason: "Unavailable", message: "No answer.", isRetryable: true };
  const show = (value: Loadable<string>, isStale = false, onRetry?: () => void) =>
    render(
      <Panel
        title="Fills"
        message="ListFills"
        value={value}
        isStale={isStale}
        isEmpty={(text) => text === ""}
        empty="No fill yet."
        {...(onRetry === undefined ? {} : { onRetry })}
      >
        {(text) => text}
      </Panel>,
    );

  it("names the message that fills it", () => {
    const { container } = show(idle());
    expect(container.firstChild).toHaveAttribute("data-message", "ListFills");
  });

  it("says that it loads, that it is empty, and that it is old", () => {
    show(pending());
    expect(screen.getByText("Loading")).toBeInTheDocument();
    show(success(""));
    expect(screen.getByText("No fill yet.")).toBeVisible();
    show(success("rows"), true);
    expect(screen.getByText("Stale")).toBeVisible();
  });

  it("keeps old data beside a failure, and tries again when asked", async () => {
    const onRetry = vi.fn();
    show(failure(fault, success("old rows")), false, onRetry);
    expect(screen.getByText("old rows")).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(onRetry).toHaveBeenCalled();
  });

  it("tells the reason of a refusal", () => {
    show(failure(fault));
    expect(screen.getByRole("alert")).toHaveTextContent("No answer.Unavailable");
  });
});

describe("Spark and Flash", () => {
  it("draw a trend, and nothing of one value", () => {
    const { container, rerender } = render(<Spark values={[1, 2]} label="rising" />);
    expect(container.firstChild).toHaveAttribute("data-trend", "up");
    rerender(<Spark values={[1]} label="rising" />);
    expect(container.querySelector("polyline")).toBeNull();
  });

  it("light up by the direction of a change, not at first sight", () => {
    const { container, rerender } = render(<Flash value={1n}>1</Flash>);
    expect(container.firstChild).not.toHaveAttribute("data-flash");
    rerender(<Flash value={0n}>0</Flash>);
    expect(container.firstChild).toHaveAttribute("data-flash", "down");
  });

  it("go out after a moment, also when they light up again meanwhile", () => {
    vi.useFakeTimers();
    const { container, rerender } = render(<Flash value={1n}>1</Flash>);
    rerender(<Flash value={2n}>2</Flash>);
    vi.advanceTimersByTime(500);
    rerender(<Flash value={3n}>3</Flash>);
    vi.advanceTimersByTime(500);
    expect(container.firstChild).toHaveAttribute("data-flash", "up");
    vi.advanceTimersByTime(500);
    expect(container.firstChild).not.toHaveAttribute("data-flash");
    vi.useRealTimers();
  });
});

describe("Split", () => {
  it("is moved by arrow keys within its bounds", () => {
    const onShare = vi.fn();
    render(
      <Split label="Width" direction="row" share={84} onShare={onShare} first="a" second="b" />,
    );
    const line = screen.getByRole("separator", { name: "Width" });
    fireEvent.keyDown(line, { key: "ArrowRight" });
    expect(onShare).toHaveBeenLastCalledWith(85);
    fireEvent.keyDown(line, { key: "ArrowLeft" });
    expect(onShare).toHaveBeenLastCalledWith(82);
  });
});

interface Row {
  name: string;
  price: number;
}
const COLUMNS: Column<Row>[] = [
  { key: "name", header: "Name", width: "1fr", cell: (row) => row.name },
  {
    key: "price",
    header: "Price",
    width: "80px",
    align: "end",
    cell: (row) => row.price,
    sortBy: (row) => row.price,
  },
];

function SortedTable({ rows, onOpen }: { rows: Row[]; onOpen?: (row: Row) => void }) {
  const [sort, setSort] = useState<Sort>({ key: "price", isDescending: true });
  return (
    <Table
      label="Rows"
      rows={rows}
      keyOf={(row) => row.name}
      columns={COLUMNS}
      sort={sort}
      onSort={setSort}
      {...(onOpen === undefined ? {} : { onOpen })}
    />
  );
}

function shownNames(): string[] {
  return screen
    .getAllByRole("row")
    .slice(1)
    .map((row) => within(row).getAllByRole("cell")[0]?.textContent ?? "");
}

describe("Table", () => {
  const rows = (...prices: number[]) =>
    prices.map((price, index) => ({ name: `r${index}`, price }));

  it("draws the rows in sight of very many", () => {
    render(<SortedTable rows={rows(...Array.from({ length: 5_000 }, (_, index) => index))} />);
    expect(screen.getByRole("table")).toHaveAttribute("aria-rowcount", "5001");
    expect(screen.getAllByRole("row").length).toBeLessThan(60);
  });

  it("keeps its order under the pointer, and sorts when the pointer leaves", () => {
    const { container, rerender } = render(<SortedTable rows={rows(1, 3, 2)} />);
    expect(shownNames()).toEqual(["r1", "r2", "r0"]);
    const scroller = container.firstChild as HTMLElement;
    fireEvent.pointerEnter(scroller, { pointerType: "mouse" });
    rerender(<SortedTable rows={rows(9, 3, 2)} />);
    expect(shownNames()).toEqual(["r1", "r2", "r0"]);
    fireEvent.pointerLeave(scroller);
    expect(shownNames()).toEqual(["r0", "r1", "r2"]);
  });

  it("sorts by a press on a head, and tells how", async () => {
    render(<SortedTable rows={rows(1, 3, 2)} />);
    await userEvent.click(screen.getByRole("button", { name: /Price/ }));
    expect(screen.getByRole("columnheader", { name: /Price/ })).toHaveAttribute(
      "aria-sort",
      "ascending",
    );
    expect(shownNames()).toEqual(["r0", "r2", "r1"]);
  });

  it("chooses rows by boxes, one or all, and keeps its own sort", async () => {
    const onChange = vi.fn();
    render(
      <Table
        label="Rows"
        rows={rows(1, 3, 2)}
        keyOf={(row) => row.name}
        columns={COLUMNS}
        initialSort={{ key: "price", isDescending: true }}
        selection={{ keys: new Set(["r2"]), onChange, labelOf: (key) => `row ${key}` }}
      />,
    );
    const boxes = screen.getAllByRole<HTMLInputElement>("checkbox");
    expect(boxes.map((box) => box.checked)).toEqual([false, false, true, false]);
    expect(boxes[0]?.indeterminate).toBe(true);
    await userEvent.click(screen.getByRole("checkbox", { name: "Select row r1" }));
    expect(onChange).toHaveBeenLastCalledWith(new Set(["r2", "r1"]));
    await userEvent.click(screen.getByRole("checkbox", { name: "Select all rows" }));
    expect(onChange).toHaveBeenLastCalledWith(new Set(["r1", "r2", "r0"]));
  });

  it("opens a row by click and by Enter", async () => {
    const onOpen = vi.fn();
    render(<SortedTable rows={rows(1, 3)} onOpen={onOpen} />);
    expect(screen.getByRole("grid", { name: "Rows" })).toBeVisible();
    await userEvent.click(screen.getByText("r0"));
    expect(onOpen).toHaveBeenLastCalledWith({ name: "r0", price: 1 });
    const [, first] = screen.getAllByRole("row");
    first?.focus();
    fireEvent.keyDown(first as HTMLElement, { key: "Enter" });
    expect(onOpen).toHaveBeenLastCalledWith({ name: "r1", price: 3 });
  });
});
