/** What a kernel tells the host: each element once, by one of the invocations that hold it. */

import { bool, DTYPES, isFloat } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import type { Expr } from "../ir/invocation.ts";
import { siteOf } from "../ir/reports.ts";
import type { Context } from "./context.ts";
import { int, literal, op as operation } from "./expr.ts";
import { onlyOnce } from "./memory.ts";
import { coordinate, linearIndex, registerCount, registerOf, replicatedMask } from "./registers.ts";

const { f32, i32, u32, u64 } = DTYPES;

/** A number as 32-bit words that the host can read it from: narrow floats as the bits of an f32, of 64 bits two. */
function wordsOf(x: Expr): readonly Expr[] {
  const { dtype } = x.type;
  if (dtype.bits === 64) {
    const bits = dtype === u64 ? x : operation("bitcast", [x], u64, { to: u64.name });
    const high = operation("shr", [bits, literal(32, u64)]);
    return [bits, high].map((word) => operation("cast", [word], u32, { to: u32.name }));
  }
  const wide = dtype.kind === "bool"
    ? u32
    : isFloat(dtype)
    ? f32
    : dtype.kind === "int"
    ? i32
    : u32;
  const cast = operation("cast", [x], wide, { to: wide.name });
  return [wide === u32 ? cast : operation("bitcast", [cast], u32, { to: "u32" })];
}

export function lowerReport(context: Context, op: Op): void {
  const { emitter } = context, { layout } = op.operand(0).type, shape = op.numbers("of");
  const operands = op.operands.map((operand) => context.get(operand));
  const isCheck = op.name === "check_bounds";
  const [values, mask] = isCheck ? [operands[0], operands[2]] : operands;
  const site = context.reports.push(siteOf(context.graph.name, op)) - 1;
  const tells = isCheck || op.name === "print" && op.attributes["form"] !== "none";
  const once = onlyOnce(layout ? replicatedMask(layout) : context.options.invocations - 1);
  emitter.when(once, () => {
    for (let i = 0; i < (layout ? registerCount(layout) : 1); i++) {
      const value = registerOf(values!, i);
      const masked = mask ? registerOf(mask, i) : literal(1, bool);
      const guard = op.name === "assert"
        ? operation("and", [operation("not", [value]), masked], bool)
        : masked;
      emitter.when(guard, () => {
        const place = layout && shape.map((_, dim) => coordinate(emitter, layout, i, dim));
        emitter.emit({
          kind: "report",
          site,
          index: place ? linearIndex(place, shape) : int(0),
          words: [value, ...(isCheck ? operands[1]! : [])].flatMap((x) => tells ? wordsOf(x) : []),
        });
      });
    }
  });
}
