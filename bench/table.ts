/** The table that `deno task bench` prints. */

import type { Ceiling } from "./ceiling.ts";
import type { Row, Side } from "./compare.ts";

const WIDTHS = { workload: 20, dtype: 6, size: 16, rate: 16, part: 7, side: 22 };

export function heading(sides: readonly string[]): string {
  return "workload".padEnd(WIDTHS.workload) + "dtype".padEnd(WIDTHS.dtype) +
    "size".padEnd(WIDTHS.size) + "nereid".padEnd(WIDTHS.rate) + "peak".padEnd(WIDTHS.part) +
    sides.map((side) => `times ${side}`.padEnd(WIDTHS.side)).join("");
}

/** Operations or bytes in so many milliseconds, in the row's unit. */
function rateOf({ unit, amount }: Row, ms: number): number {
  return amount / ms / (unit === "GB/s" ? 1e6 : 1e9);
}

export function line(row: Row, sides: readonly string[], ceiling: Ceiling): string {
  const rate = rateOf(row, row.ms);
  // Sums are in f32 whatever the operands are.
  const most = row.unit === "GB/s" ? ceiling["GB/s"] : ceiling["TFLOP/s"].f32;
  const others = sides.map((side) => {
    const ms = row.others[side as Side];
    if (ms === undefined) return "-".padEnd(WIDTHS.side);
    const ratio = (ms / row.ms).toFixed(2);
    return `${ratio} (${rateOf(row, ms).toPrecision(4)})`.padEnd(WIDTHS.side);
  });
  const hint = row.byHand && row.others.wgsl ? row.byHand : "";
  return row.workload.padEnd(WIDTHS.workload) + row.dtype.padEnd(WIDTHS.dtype) +
    row.size.padEnd(WIDTHS.size) + `${rate.toPrecision(4)} ${row.unit}`.padEnd(WIDTHS.rate) +
    `${(100 * rate / most).toFixed(0)} %`.padEnd(WIDTHS.part) + others.join("") + hint +
    row.wrong.map((what) => `\n  WRONG: ${what}`).join("");
}
