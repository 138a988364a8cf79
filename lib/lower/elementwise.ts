/** Elementwise operations: the same on every packet, on one element where a packet repeats or counts. */

import { isInteger } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import type { Expr } from "../ir/invocation.ts";
import type { ElementwiseName } from "../ir/ops.ts";
import { isPointer } from "../ir/type.ts";
import { choiceOfSelect, comparedAsIntegers } from "./choice.ts";
import { type Context, expressionDtype } from "./context.ts";
import { op as operation, ramp, slice, splat } from "./expr.ts";
import { packetAxis } from "./registers.ts";
import { zeroBits, zeroOf } from "./zeros.ts";

export function lowerElementwise(context: Context, op: Op, name: ElementwiseName): void {
  const { type } = op.result;
  const dtype = expressionDtype(type);
  const args = op.operands.map((operand) => context.get(operand));
  const choice = choiceOfSelect(op, context.options.native);
  if (choice) {
    const [a, b] = choice.compared.map((value) => context.get(value)) as [
      readonly Expr[],
      readonly Expr[],
    ];
    args[0] = a.map((x, i) => comparedAsIntegers(choice, x, b[i]!));
  }
  const zero = zeroOf(op, context.options.native);
  const make = (packet: readonly Expr[]) =>
    zero ? zeroBits(zero, packet[zero.operand]!) : operation(name, packet, dtype, op.attributes);
  const axis = type.layout && packetAxis(type.layout);
  const info = axis === undefined ? undefined : context.axis(op.result);
  const counts = isPointer(type.element) || isInteger(dtype);
  const packets = args[0]!.map((first, i): Expr => {
    const width = first.type.width;
    const packet = args.map((arg) => arg[i]!);
    const one = () => make(packet.map((arg) => slice(arg, 0)));
    if (info && axis !== undefined && width > 1) {
      if (info.constancy[axis]! >= width) return splat(one(), width);
      if (counts && info.contiguity[axis]! >= width) return ramp(one(), 1, width);
    }
    return make(packet);
  });
  context.define(op.result, packets);
}
