/** Numbers that change nothing, and numbers beyond which there are none. */

import { bool, type DType, exactRange, isFloat, isWide, type Numeric } from "../ir/dtype.ts";
import type { Region } from "../ir/graph.ts";
import { dtypeOf } from "../ir/type.ts";

/** The number that a combine function of one operation leaves alone what it is combined with. */
export function neutralOf({ ops, params, yields }: Region): Numeric | undefined {
  const [op, ...others] = ops;
  const alone = op && others.length === 0 && params.length === 2 && yields[0] === op.result &&
    op.operands.length === 2 && params.every((param) => op.operands.includes(param));
  if (!alone) return undefined;
  const dtype = dtypeOf(op.result.type);
  switch (op.name) {
    case "add":
      return isFloat(dtype) ? -0 : 0;
    case "mul":
      return 1;
    case "max": // of a number and a NaN, the number
      return isFloat(dtype) ? NaN : lowest(dtype);
    case "min":
      return isFloat(dtype) ? NaN : highest(dtype);
    case "and":
      return dtype.kind === "int" ? -1 : highest(dtype);
    case "or":
    case "xor":
      return 0;
    default:
      return undefined;
  }
}

export function lowest(dtype: DType): Numeric {
  return dtype === bool ? 0 : isFloat(dtype) ? -Infinity : exact(exactRange(dtype)[0], dtype);
}

export function highest(dtype: DType): Numeric {
  return dtype === bool ? 1 : isFloat(dtype) ? Infinity : exact(exactRange(dtype)[1], dtype);
}

function exact(x: bigint, dtype: DType): Numeric {
  return isWide(dtype) ? x : Number(x);
}
