// The numbers of a row of the ladder, written into its cells where they have changed. React draws all
// else of a row: to have it compare every cell twenty times a second costs more than all the writing.

import { columnQuantity } from "@/components/columnQuantity";
import { formatQuantity, type LadderRow } from "@/data";

/**
 * Length of a bar in percent: the square root shows small sizes beside a large one. Less than a percent
 * is less than a pixel.
 */
function barLength(centis: bigint, largest: bigint): number {
  return Math.round(Math.sqrt(Number(centis) / Number(largest)) * 100);
}

/** A quantity in an element that React leaves empty; nothing where it is 0. */
class QuantityCell {
  readonly #text = document.createTextNode("");
  #centis = 0n;

  constructor(readonly element: HTMLElement) {
    element.replaceChildren(this.#text);
  }

  /** Whether it is another. */
  show(centis: bigint): boolean {
    if (centis === this.#centis) return false;
    this.#centis = centis;
    this.#text.data = centis === 0n ? "" : columnQuantity(centis);
    return true;
  }
}

/** What rests at a price, with its bar, its words, and what rests until there. */
class SideCells {
  readonly #size: QuantityCell;
  readonly #total: QuantityCell;
  readonly #title: string;
  #bar = 0;

  constructor(size: HTMLElement, total: HTMLElement) {
    this.#size = new QuantityCell(size);
    this.#total = new QuantityCell(total);
    this.#title = size.title;
    this.#name(0n);
  }

  show(centis: bigint, totalCentis: bigint, largestCentis: bigint): boolean {
    this.#total.show(totalCentis);
    const bar = barLength(centis, largestCentis);
    if (bar !== this.#bar) {
      this.#bar = bar;
      this.#size.element.style.backgroundSize = `${bar}% calc(100% - 2px)`;
    }
    if (!this.#size.show(centis)) return false;
    this.#name(centis);
    return true;
  }

  /** A size that can be pressed says what that does. */
  #name(centis: bigint): void {
    if (this.#title === "") return;
    const size = centis === 0n ? "" : `, ${formatQuantity(centis)}`;
    this.#size.element.setAttribute("aria-label", `${this.#title}${size}`);
  }
}

type CellName = "bid" | "bidTotal" | "ask" | "askTotal";

export class LadderCells {
  readonly #bid: SideCells;
  readonly #ask: SideCells;

  /**
   * Its cells are the elements of `row` whose `data-cell` is a CellName. `name` is what the row is
   * called before its sizes: "YES 0.43".
   */
  constructor(
    private readonly row: HTMLElement,
    private readonly name: string,
  ) {
    this.#bid = new SideCells(this.#cell("bid"), this.#cell("bidTotal"));
    this.#ask = new SideCells(this.#cell("ask"), this.#cell("askTotal"));
    this.row.setAttribute("aria-label", name);
  }

  /** `largestCentis` has the longest bar. */
  show(row: LadderRow, largestCentis: bigint): void {
    const isBidNew = this.#bid.show(row.bidCentis, row.bidTotalCentis, largestCentis);
    const isAskNew = this.#ask.show(row.askCentis, row.askTotalCentis, largestCentis);
    if (!isBidNew && !isAskNew) return;
    const bid = row.bidCentis > 0n ? `, bid ${formatQuantity(row.bidCentis)}` : "";
    const ask = row.askCentis > 0n ? `, ask ${formatQuantity(row.askCentis)}` : "";
    this.row.setAttribute("aria-label", `${this.name}${bid}${ask}`);
  }

  #cell(name: CellName): HTMLElement {
    const cell = this.row.querySelector<HTMLElement>(`[data-cell="${name}"]`);
    if (cell === null) throw new Error(`the row ${this.name} has no cell ${name}`);
    return cell;
  }
}
