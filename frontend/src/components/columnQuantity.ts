import { formatQuantity } from "@/data";

/** As wide as a point and two digits, which stand at most behind the whole contracts. */
const FRACTION_LENGTH = 3;
const POINT_WIDTH = "\u2008";
const DIGIT_WIDTH = "\u2007";

/**
 * Contracts in a column whose numbers end at the right: the points stand under each other, whatever
 * stands behind them. It is one text, which costs a third of what boxes do to be laid out and painted.
 */
export function columnQuantity(centis: bigint): string {
  const [whole = "", fraction] = formatQuantity(centis).split(".");
  const shown = fraction === undefined ? POINT_WIDTH : `.${fraction}`;
  return whole + shown.padEnd(FRACTION_LENGTH, DIGIT_WIDTH);
}
