/** `tl.load` and `tl.store`. */

import { DTYPES } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import { sameShape } from "../ir/type.ts";
import type { Arguments } from "./arguments.ts";
import { isBlockPointer, loadBlock, storeBlock } from "./blocks.ts";
import { Problem } from "./problem.ts";
import { dtypeOfNumber } from "./promotion.ts";
import { shapeOf, shapeText } from "./semantics.ts";
import type { Tracer } from "./tracer.ts";
import { describe, isPointerValue, isWeak, type Operand, type PointerValue } from "./values.ts";

export function load(a: Arguments, t: Tracer): Value {
  a.count(1, 2);
  const options = a.options(
    1,
    ...["mask", "other", "boundaryCheck", "paddingOption"] as const,
    ...["cacheModifier", "evictionPolicy", "volatile"] as const,
  );
  const [block] = a.list;
  if (isBlockPointer(block)) return loadBlock(a, block, options);
  const pointer = pointerOf(a, "read from");
  refuseBounds(a, options.boundaryCheck, options.paddingOption);
  const mask = maskOf(options.mask);
  const { semantics } = t;
  const { pointee } = pointer.type.element;
  if (options.other !== undefined && mask === undefined) {
    throw new Problem(
      "tl.load was given 'other' without a mask, so nothing would ever take its place",
      "Give a mask too, or leave 'other' out: tl.load(pointer, { mask, other })",
    );
  }
  const other = options.other === undefined ? undefined : a.asOperand(options.other, "'other'");
  const shapes = [pointer, mask, other].flatMap((x) => x === undefined ? [] : [shapeOf(x)]);
  const shape = semantics.commonShape(shapes, () => "tl.load");
  const operands: Value[] = [semantics.broadcast(pointer, shape)];
  if (mask !== undefined) operands.push(semantics.as(mask, DTYPES.bool, shape));
  if (other !== undefined) {
    operands.push(semantics.broadcast(semantics.cast(other, pointee, shape), shape));
  }
  return semantics.builder.value("load", operands);
}

export function store(a: Arguments, t: Tracer): undefined {
  a.count(2, 3);
  const value = a.operand(1);
  const options = a.options(
    2,
    ...["mask", "boundaryCheck", "cacheModifier", "evictionPolicy"] as const,
  );
  const [block] = a.list;
  if (isBlockPointer(block)) return storeBlock(a, block, value, options);
  const pointer = pointerOf(a, "written to");
  refuseBounds(a, options.boundaryCheck);
  const { pointee } = pointer.type.element;
  const mask = maskOf(options.mask);
  const { semantics } = t;
  const { shape } = pointer.type;
  for (const [x, what] of [[value, "value"], [mask, "mask"]] as const) {
    if (x === undefined) continue;
    const common = semantics.commonShape([shape, shapeOf(x)], () => "tl.store");
    if (!sameShape(common, shape)) {
      throw new Problem(
        `tl.store was given ${
          shape.length === 0 ? "a single pointer" : `pointers of shape ${shapeText(shape)}`
        } for a ${what} of shape ${shapeText(shapeOf(x))}`,
        shape.length === 0
          ? "Each element needs a place of its own: add offsets to the pointer, as in out + tl.arange(0, BLOCK)"
          : "Give a pointer for each element: broadcast the offsets to the value's shape",
      );
    }
  }
  if (isPointerValue(value)) {
    throw new Problem(
      `${describe(value)} cannot be stored: it is a pointer`,
      "Load what it points to: tl.load(pointer)",
    );
  }
  const stored = semantics.broadcast(semantics.cast(value, pointee, shape), shape);
  const operands = [pointer, stored];
  if (mask !== undefined) operands.push(semantics.as(mask, DTYPES.bool, shape));
  semantics.builder.op("store", operands);
  return undefined;
}

/** Throws when a plain pointer is to be checked against the bounds of a tensor that it knows nothing of. */
function refuseBounds(a: Arguments, ...given: readonly unknown[]): void {
  const plain = (x: unknown) => x === undefined || x === "" || (Array.isArray(x) && x.length === 0);
  if (given.every(plain)) return;
  throw new Problem(
    `${a.name} checks the bounds of block pointers only`,
    "Give a mask: { mask: offsets < n }, or make the pointer with tl.makeBlockPtr",
  );
}

/** The first argument, which must be of pointers. */
export function pointerOf(a: Arguments, what: string): PointerValue {
  const [pointer] = a.list;
  if (isPointerValue(pointer)) return pointer;
  throw new Problem(
    `The first argument of ${a.name} is ${
      describe(pointer)
    }, which is not a pointer and cannot be ${what}`,
    pointer instanceof Value && pointer.type.shape.length === 0 && pointer.def === undefined
      ? "Pass a tensor for this parameter at the launch: a number arrives as a scalar"
      : `Pointers are parameters, moved by offsets: ${a.usage}`,
  );
}

/** A mask, which must be of bools. */
export function maskOf(mask: unknown): Operand | undefined {
  if (mask === undefined) return undefined;
  if (isWeak(mask) && typeof mask === "boolean") return mask;
  if (mask instanceof Value && !isPointerValue(mask) && dtypeOfNumber(mask) === DTYPES.bool) {
    return mask;
  }
  throw new Problem(
    `A mask must be of bools, not ${describe(mask)}`,
    "Masks come from comparisons: offsets < n. A tile of numbers becomes one by x !== 0",
  );
}
