/**
 * What the tracer says of mistakes: whole messages, with the line, the caret and the remedy.
 */

import { assertEquals, assertThrows } from "../support/assert.ts";
import { CompilationError } from "../../lib/errors.ts";
import { trace } from "../../lib/trace/trace.ts";
import { jit, type Pointer, tl } from "../../mod.ts";
import { failure, fromSource, pointer, scalar } from "./support.ts";

/** A mistake in a kernel of (x, out, n), two f32 tensors and an i32, and what is said of it. */
const MISTAKES: readonly (readonly [title: string, source: string, message: string])[] = [
  [
    "a name that is not known",
    `\
function scale(x, out, n) {
  tl.store(out, tl.load(x) * SCALE);
}`,
    `\
The name 'SCALE' is not known in scale: a kernel sees its parameters and locals, tl, Math and the names it is given, not the variables around it

  in scale
    1 | function scale(x, out, n) {
  > 2 |   tl.store(out, tl.load(x) * SCALE);
      |                              ^^^^^
    3 | }

help: Give it to the kernel: jit(scale, { SCALE }). A value that changes from launch to launch is better passed as a constant: { SCALE }`,
  ],
  [
    "a host function that tl has too",
    `\
function blocks(x, out, n) {
  tl.store(out, cdiv(n, 2));
}`,
    `\
The name 'cdiv' is not known in blocks: a kernel sees its parameters and locals, tl, Math and the names it is given, not the variables around it

  in blocks
    1 | function blocks(x, out, n) {
  > 2 |   tl.store(out, cdiv(n, 2));
      |                 ^^^^
    3 | }

help: Write tl.cdiv, or give it to the kernel: jit(blocks, { cdiv }). A value that changes from launch to launch is better passed as a constant: { cdiv }`,
  ],
  [
    "console.error",
    `\
(x, out, n) => {
  console.error(n);
}`,
    `\
console.error does nothing in a kernel

  in kernel
    1 | (x, out, n) => {
  > 2 |   console.error(n);
      |   ^^^^^^^^^^^^^
    3 | }

help: Write console.log(x) to print from every program, or console.assert(condition, message)`,
  ],
  [
    "a misspelt operation",
    `\
(x, out, n) => tl.store(out, tl.laod(x))`,
    `\
tl has no 'laod'

  in kernel
  > 1 | (x, out, n) => tl.store(out, tl.laod(x))
      |                              ^^^^^^^

help: Did you mean 'load'?`,
  ],
  [
    "an operation in Triton's spelling",
    `\
(x, out, n) => tl.store(out, tl.program_id(0))`,
    `\
tl has no 'program_id'

  in kernel
  > 1 | (x, out, n) => tl.store(out, tl.program_id(0))
      |                              ^^^^^^^^^^^^^

help: Did you mean 'programId'?`,
  ],
  [
    "shapes that do not fit",
    `\
(x, out, n) => {
  const a = tl.arange(0, 32), b = tl.load(x + tl.arange(0, 64));
  tl.store(out + a, a + b);
}`,
    `\
Shapes [32] and [64] do not fit together in +: dimension 0 is 32 and 64

  in kernel
    1 | (x, out, n) => {
    2 |   const a = tl.arange(0, 32), b = tl.load(x + tl.arange(0, 64));
  > 3 |   tl.store(out + a, a + b);
      |                     ^^^^^
    4 | }

help: Give both the same size, or make one a column and the other a row: tl.col(a), tl.row(b)`,
  ],
  [
    "an arange that is too long",
    `\
(x, out, n) => {
  const i = tl.arange(0, 2000000);
}`,
    `\
A tile of shape [2000000] has 2000000 elements, but the most is 1048576

  in kernel
    1 | (x, out, n) => {
  > 2 |   const i = tl.arange(0, 2000000);
      |             ^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: Make the tile smaller and loop over the rest`,
  ],
  [
    "an arange of a run-time length",
    `\
(x, out, n) => {
  const i = tl.arange(0, n);
}`,
    `\
The end of tl.arange must be a compile-time integer, not i32, which is known only at run time

  in kernel
    1 | (x, out, n) => {
  > 2 |   const i = tl.arange(0, n);
      |             ^^^^^^^^^^^^^^^
    3 | }

help: Make it a constant of the kernel: the last parameter, as in { BLOCK = 1024 }`,
  ],
  [
    "a shape that is no shape",
    `\
(x, out, n) => {
  const z = tl.zeros([48, 0], tl.f32);
}`,
    `\
A tile cannot have the shape [48, 0]: 0 is not a positive integer

  in kernel
    1 | (x, out, n) => {
  > 2 |   const z = tl.zeros([48, 0], tl.f32);
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: Sizes are known when the kernel is compiled: pass them as constants`,
  ],
  [
    "a missing constant",
    `\
function fill(x, out, n, { BLOCK }) {
  tl.store(out + tl.arange(0, BLOCK), n);
}`,
    `\
fill was given no value for its constant 'BLOCK', which has no default

  in fill
  > 1 | function fill(x, out, n, { BLOCK }) {
      |                            ^^^^^
    2 |   tl.store(out + tl.arange(0, BLOCK), n);

help: Pass it at the launch, fill[grid(…)](…, { BLOCK: 1024 }), or give it a default: { BLOCK = 1024 }`,
  ],
  [
    "a tensor of a dtype that cannot be an offset",
    `\
(x, out, n) => {
  tl.store(out + tl.load(x), 1);
}`,
    `\
A pointer cannot be moved by f32: offsets are integers that count elements

  in kernel
    1 | (x, out, n) => {
  > 2 |   tl.store(out + tl.load(x), 1);
      |            ^^^^^^^^^^^^^^^^
    3 | }

help: Cast the offset: tl.cast(x, tl.i32)`,
  ],
  [
    "an offset that is a quotient",
    `\
(x, out, n) => {
  tl.store(out + n / 2, 1);
}`,
    `\
A pointer cannot be moved by f32: offsets are integers that count elements

  in kernel
    1 | (x, out, n) => {
  > 2 |   tl.store(out + n / 2, 1);
      |            ^^^^^^^^^^^
    3 | }

help: The operator / gives a float: divide integers with Math.floor(a / b) or tl.cdiv(a, b)`,
  ],
  [
    "dtypes that tl.dot does not take",
    `\
(x, out, n) => {
  const i = tl.col(tl.arange(0, 16)) + tl.row(tl.arange(0, 16));
  tl.dot(tl.load(x + i), i);
}`,
    `\
tl.dot multiplies floats of one dtype, or 8-bit integers, but got tile<16x16xf32> and tile<16x16xi32>

  in kernel
    1 | (x, out, n) => {
    2 |   const i = tl.col(tl.arange(0, 16)) + tl.row(tl.arange(0, 16));
  > 3 |   tl.dot(tl.load(x + i), i);
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^
    4 | }

help: Cast them to one dtype: tl.dot(a.to(tl.f32), b.to(tl.f32))`,
  ],
  [
    "bit operators on floats",
    `\
(x, out, n) => {
  tl.store(out, tl.load(x) & 3);
}`,
    `\
The operator & works on integers, not on f32 and 3

  in kernel
    1 | (x, out, n) => {
  > 2 |   tl.store(out, tl.load(x) & 3);
      |                 ^^^^^^^^^^^^^^
    3 | }

help: Cast to an integer first: tl.cast(x, tl.i32)`,
  ],
  [
    "storing to a scalar",
    `\
(x, out, n) => {
  tl.store(n, 1);
}`,
    `\
The first argument of tl.store is i32, which is not a pointer and cannot be written to

  in kernel
    1 | (x, out, n) => {
  > 2 |   tl.store(n, 1);
      |   ^^^^^^^^^^^^^^
    3 | }

help: Pass a tensor for this parameter at the launch: a number arrives as a scalar`,
  ],
  [
    "storing a tile through one pointer",
    `\
(x, out, n) => {
  tl.store(out, tl.arange(0, 4));
}`,
    `\
tl.store was given a single pointer for a value of shape [4]

  in kernel
    1 | (x, out, n) => {
  > 2 |   tl.store(out, tl.arange(0, 4));
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: Each element needs a place of its own: add offsets to the pointer, as in out + tl.arange(0, BLOCK)`,
  ],
  [
    "a carried variable that changes its shape",
    `\
(x, out, n) => {
  let acc = tl.zeros([32], tl.f32);
  for (let i = 0; i < n; i++) {
    acc = tl.load(x + tl.arange(0, 64));
  }
  tl.store(out + tl.arange(0, 32), acc);
}`,
    `\
'acc' is carried round a loop and must keep its type, but it is tile<32xf32> (line 2) before the loop and tile<64xf32> (line 4) after an iteration

  in kernel
    2 |   let acc = tl.zeros([32], tl.f32);
    3 |   for (let i = 0; i < n; i++) {
  > 4 |     acc = tl.load(x + tl.arange(0, 64));
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    5 |   }

help: Give it the same shape before the loop and in it; tl.full, tl.broadcastTo and tl.reshape make shapes`,
  ],
  [
    "a carried variable that changes its dtype",
    `\
(x, out, n) => {
  let acc = tl.zeros([32], tl.f16);
  for (const i of tl.range(n)) acc += tl.load(x + tl.arange(0, 32));
}`,
    `\
'acc' is carried round a loop and must keep its type, but it is tile<32xf16> (line 2) before the loop and tile<32xf32> (line 3) after an iteration

  in kernel
    1 | (x, out, n) => {
    2 |   let acc = tl.zeros([32], tl.f16);
  > 3 |   for (const i of tl.range(n)) acc += tl.load(x + tl.arange(0, 32));
      |                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    4 | }

help: Give it the same dtype before the loop and in it: tl.cast(x, tl.f32)`,
  ],
  [
    "a carried variable without a value",
    `\
(x, out, n) => {
  let y;
  for (let i = 0; i < n; i++) y = tl.load(x + i);
  tl.store(out, y);
}`,
    `\
'y' is assigned in a loop, and has no value before its first iteration

  in kernel
    2 |   let y;
    3 |   for (let i = 0; i < n; i++) y = tl.load(x + i);
  > 4 |   tl.store(out, y);
      |                 ^
    5 | }

help: Give it one of the same type before the loop: tl.zeros(shape, dtype)`,
  ],
  [
    "an array that grows in a loop",
    `\
(x, out, n) => {
  const list = [];
  for (let i = 0; i < n; i++) list.push(tl.load(x + i));
}`,
    `\
An array has 0 elements before this loop and 1 after an iteration

  in kernel
    1 | (x, out, n) => {
    2 |   const list = [];
  > 3 |   for (let i = 0; i < n; i++) list.push(tl.load(x + i));
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    4 | }

help: Arrays exist only while the kernel is compiled: unroll the loop with tl.staticRange`,
  ],
  [
    "a new dimension by indexing",
    `\
(x, out, n) => {
  const i = tl.arange(0, 4);
  const column = i[null];
}`,
    `\
A tile cannot be indexed: tile<4xi32>[null]

  in kernel
    1 | (x, out, n) => {
    2 |   const i = tl.arange(0, 4);
  > 3 |   const column = i[null];
      |                  ^^^^^^^
    4 | }

help: For x[:, None] write tl.col(x), for x[None, :] tl.row(x), for other new dimensions tl.expandDims(x, axis)`,
  ],
  [
    "an element by indexing",
    `\
(x, out, n) => {
  const i = tl.arange(0, 4);
  tl.store(out, i[0]);
}`,
    `\
A tile cannot be indexed: tile<4xi32>[0]

  in kernel
    1 | (x, out, n) => {
    2 |   const i = tl.arange(0, 4);
  > 3 |   tl.store(out, i[0]);
      |                 ^^^^
    4 | }

help: Tiles are computed with as a whole. To pick an element, load it through a pointer, or sum tl.where(tl.arange(0, N) === i, x, 0)`,
  ],
  [
    "a pointer that is indexed",
    `\
(x, out, n) => {
  out[n] = x[n];
}`,
    `\
A pointer is not an array: ptr<x:f32>[i32]

  in kernel
    1 | (x, out, n) => {
  > 2 |   out[n] = x[n];
      |            ^^^^
    3 | }

help: Move it by an offset and load: tl.load(pointer + offset)`,
  ],
  [
    "an assignment to an element",
    `\
(x, out, n) => {
  const i = tl.arange(0, 4);
  i[0] = 1;
}`,
    `\
A tile cannot be changed in place: tile<4xi32>[0] = …

  in kernel
    1 | (x, out, n) => {
    2 |   const i = tl.arange(0, 4);
  > 3 |   i[0] = 1;
      |   ^^^^
    4 | }

help: Make another one: x = tl.where(condition, value, x)`,
  ],
  [
    "a pointer that is assigned to",
    `\
(x, out, n) => {
  out[n] = 1;
}`,
    `\
A pointer is not an array: ptr<out:f32>[i32] = …

  in kernel
    1 | (x, out, n) => {
  > 2 |   out[n] = 1;
      |   ^^^^^^
    3 | }

help: Move it by an offset and store: tl.store(pointer + offset, value)`,
  ],
  [
    "a tile that is taken apart",
    `\
(x, out, n) => {
  const [a, b] = tl.arange(0, 2);
}`,
    `\
tile<2xi32> cannot be taken apart: it is a tile, not an array

  in kernel
    1 | (x, out, n) => {
  > 2 |   const [a, b] = tl.arange(0, 2);
      |         ^^^^^^
    3 | }

help: Tiles are computed with as a whole; several tiles go into an array: [a, b]`,
  ],
  [
    "an array indexed at run time",
    `\
(x, out, n) => {
  const weights = [1, 2, 1];
  tl.store(out, weights[n]);
}`,
    `\
An array in a kernel exists only while it is compiled, and cannot be indexed by i32, which is known at run time

  in kernel
    1 | (x, out, n) => {
    2 |   const weights = [1, 2, 1];
  > 3 |   tl.store(out, weights[n]);
      |                 ^^^^^^^^^^
    4 | }

help: Unroll the loop with tl.staticRange, or keep the data in memory and load it`,
  ],
  [
    "comparisons in a chain",
    `\
(x, out, n) => {
  const i = tl.arange(0, 4);
  const inside = 0 < i < n;
}`,
    `\
0 < i < n compares a truth value with n: comparisons do not chain

  in kernel
    1 | (x, out, n) => {
    2 |   const i = tl.arange(0, 4);
  > 3 |   const inside = 0 < i < n;
      |                  ^^^^^^^^^
    4 | }

help: Write 0 < i && i < n`,
  ],
  [
    "an if on a tile",
    `\
(x, out, n) => {
  const i = tl.arange(0, 4);
  if (i < n) tl.store(out + i, 1);
}`,
    `\
The condition of this if is tile<4xbool>, which is true for some elements and false for others

  in kernel
    1 | (x, out, n) => {
    2 |   const i = tl.arange(0, 4);
  > 3 |   if (i < n) tl.store(out + i, 1);
      |       ^^^^^
    4 | }

help: Choose elementwise with tl.where(condition, a, b), or reduce it to one value: tl.max(condition, null)`,
  ],
  [
    "a loop on a tile",
    `\
(x, out, n) => {
  let i = tl.arange(0, 4);
  while (i < n) i = i + 1;
}`,
    `\
The condition of a loop is tile<4xbool>, which is true for some elements and false for others

  in kernel
    1 | (x, out, n) => {
    2 |   let i = tl.arange(0, 4);
  > 3 |   while (i < n) i = i + 1;
      |          ^^^^^
    4 | }

help: Choose elementwise with tl.where(condition, a, b), or reduce it to one value: tl.max(condition, null)`,
  ],
  [
    "a fallback by ||",
    `\
(x, out, n) => {
  const m = n || 1;
}`,
    `\
|| needs booleans, not i32

  in kernel
    1 | (x, out, n) => {
  > 2 |   const m = n || 1;
      |             ^^^^^^
    3 | }

help: Compare it, as in x !== 0; to fall back on another value write tl.where(x !== 0, x, other)`,
  ],
  [
    "a mask that is not in an object",
    `\
(x, out, n) => {
  tl.load(x + tl.arange(0, 4), n > 2);
}`,
    `\
tl.load takes options in an object as argument 2, not bool

  in kernel
    1 | (x, out, n) => {
  > 2 |   tl.load(x + tl.arange(0, 4), n > 2);
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: Write tl.load(pointer + offsets, { mask, other })`,
  ],
  [
    "a mask of numbers",
    `\
(x, out, n) => {
  tl.load(x, { mask: n });
}`,
    `\
A mask must be of bools, not i32

  in kernel
    1 | (x, out, n) => {
  > 2 |   tl.load(x, { mask: n });
      |   ^^^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: Masks come from comparisons: offsets < n. A tile of numbers becomes one by x !== 0`,
  ],
  [
    "'other' without a mask",
    `\
(x, out, n) => {
  tl.load(x, { other: 0 });
}`,
    `\
tl.load was given 'other' without a mask, so nothing would ever take its place

  in kernel
    1 | (x, out, n) => {
  > 2 |   tl.load(x, { other: 0 });
      |   ^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: Give a mask too, or leave 'other' out: tl.load(pointer, { mask, other })`,
  ],
  [
    "an unknown option",
    `\
(x, out, n) => {
  tl.load(x, { maks: n > 1 });
}`,
    `\
tl.load has no option 'maks'

  in kernel
    1 | (x, out, n) => {
  > 2 |   tl.load(x, { maks: n > 1 });
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: Did you mean 'mask'?`,
  ],
  [
    "tl.max of two",
    `\
(x, out, n) => {
  tl.max(tl.arange(0, 4), tl.arange(0, 4));
}`,
    `\
tl.max reduces a tile along an axis, but got tile<4xi32> for the axis

  in kernel
    1 | (x, out, n) => {
  > 2 |   tl.max(tl.arange(0, 4), tl.arange(0, 4));
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: For the larger of two write tl.maximum(a, b)`,
  ],
  [
    "a method of tiles",
    `\
(x, out, n) => {
  tl.arange(0, 4).sum();
}`,
    `\
A tile has no property 'sum', only shape, dtype, numel, T and to()

  in kernel
    1 | (x, out, n) => {
  > 2 |   tl.arange(0, 4).sum();
      |   ^^^^^^^^^^^^^^^^^^^
    3 | }

help: Write tl.sum(x, …)`,
  ],
  [
    "branches that disagree",
    `\
(x, out, n) => {
  let y;
  if (n > 1) y = tl.arange(0, 4);
  else y = tl.arange(0, 8);
  tl.store(out, tl.sum(y));
}`,
    `\
'y' is tile<4xi32> after one branch of an if and tile<8xi32> after the other

  in kernel
    3 |   if (n > 1) y = tl.arange(0, 4);
    4 |   else y = tl.arange(0, 8);
  > 5 |   tl.store(out, tl.sum(y));
      |                        ^
    6 | }

help: Give it the same shape in both branches; tl.full, tl.broadcastTo and tl.reshape make shapes`,
  ],
  [
    "a value of one branch only",
    `\
(x, out, n) => {
  let y;
  if (n > 1) y = tl.load(x);
  tl.store(out, y);
}`,
    `\
'y' has no value on one of the ways to here: it is f32 only after one branch of an if

  in kernel
    2 |   let y;
    3 |   if (n > 1) y = tl.load(x);
  > 4 |   tl.store(out, y);
      |                 ^
    5 | }

help: Give it a value before the if, or in both branches`,
  ],
  [
    "pointers into two tensors",
    `\
(x, out, n) => {
  const p = n > 1 ? x : out;
}`,
    `\
Cannot choose between ptr<x:f32> and ptr<out:f32>

  in kernel
    1 | (x, out, n) => {
  > 2 |   const p = n > 1 ? x : out;
      |             ^^^^^^^^^^^^^^^
    3 | }

help: Both must be pointers into the same tensor: choose between offsets, or load from both and choose between what was read`,
  ],
  [
    "two pointers added",
    `\
(x, out, n) => {
  const p = x + out;
}`,
    `\
The operator + does not work on ptr<x:f32> and ptr<out:f32>

  in kernel
    1 | (x, out, n) => {
  > 2 |   const p = x + out;
      |             ^^^^^^^
    3 | }

help: Pointers can be moved by integers, not combined: pointer + offsets`,
  ],
  [
    "recursion",
    `\
(x, out, n) => {
  const f = (i) => f(i + 1);
  f(n);
}`,
    `\
Calls nest more than 64 deep: f seems to call itself

  in f
    1 | (x, out, n) => {
  > 2 |   const f = (i) => f(i + 1);
      |                    ^^^^^^^^
    3 |   f(n);
  called from f
  > 2 |   const f = (i) => f(i + 1);
      |                    ^^^^^^^^
  called from f
  > 2 |   const f = (i) => f(i + 1);
      |                    ^^^^^^^^
  called from f
  > 2 |   const f = (i) => f(i + 1);
      |                    ^^^^^^^^
  called from f
  > 2 |   const f = (i) => f(i + 1);
      |                    ^^^^^^^^
  … 58 more calls …
  called from f
  > 2 |   const f = (i) => f(i + 1);
      |                    ^^^^^^^^
  called from kernel
  > 3 |   f(n);
      |   ^^^^

help: Write a loop: functions are inlined, so they cannot recurse at run time`,
  ],
  [
    "an endless loop",
    `\
(x, out, n) => {
  for (;;) tl.store(out, 1);
}`,
    `\
This loop never ends: its condition is always true, and nothing leaves it

  in kernel
    1 | (x, out, n) => {
  > 2 |   for (;;) tl.store(out, 1);
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: Leave it with 'break', or give it a condition that depends on what the loop changes`,
  ],
  [
    "a returned value",
    `\
(x, out, n) => {
  return tl.load(x);
}`,
    `\
A kernel returns nothing, but this one returns f32

  in kernel
    1 | (x, out, n) => {
  > 2 |   return tl.load(x);
      |   ^^^^^^^^^^^^^^^^^^
    3 | }

help: Store it: tl.store(out + offsets, value, { mask })`,
  ],
  [
    "undefined in arithmetic",
    `\
(x, out, n, { K = undefined }) => {
  tl.store(out, n * K);
}`,
    `\
The operator * does not work on undefined

  in kernel
    1 | (x, out, n, { K = undefined }) => {
  > 2 |   tl.store(out, n * K);
      |                 ^^^^^
    3 | }

help: What may be undefined needs a default, or a check: x === undefined ? … : …`,
  ],
  [
    "a const that changes",
    `\
(x, out, n) => {
  const a = 1;
  a += n;
}`,
    `\
'a' is a const and cannot change

  in kernel
    1 | (x, out, n) => {
    2 |   const a = 1;
  > 3 |   a += n;
      |   ^
    4 | }

help: Declare it with 'let'`,
  ],
  [
    "Math.random",
    `\
(x, out, n) => {
  tl.store(out, Math.random());
}`,
    `\
Math.random would give one number when the kernel is compiled, the same at every launch

  in kernel
    1 | (x, out, n) => {
  > 2 |   tl.store(out, Math.random());
      |                 ^^^^^^^^^^^^^
    3 | }

help: Pass random numbers in a tensor: device.rand([n])`,
  ],
  [
    "a static assertion",
    `\
(x, out, n, { BLOCK = 3 }) => {
  tl.staticAssert(BLOCK % 2 === 0, \`BLOCK is \${BLOCK}, but must be even\`);
}`,
    `\
BLOCK is 3, but must be even

  in kernel
    1 | (x, out, n, { BLOCK = 3 }) => {
  > 2 |   tl.staticAssert(BLOCK % 2 === 0, \`BLOCK is \${BLOCK}, but must be even\`);
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }`,
  ],
  [
    "throw at run time",
    `\
(x, out, n) => {
  if (n > 1) throw new Error('too many');
}`,
    `\
'throw' on a condition that is known only at run time: kernels cannot throw while they run

  in kernel
    1 | (x, out, n) => {
  > 2 |   if (n > 1) throw new Error('too many');
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: Check before the launch; for what is known when the kernel is compiled write tl.staticAssert(condition, message)`,
  ],
  [
    "'try'",
    `\
(x, out, n) => {
  try { tl.load(x); } catch {}
}`,
    `\
'try' is not part of the kernel language

  in kernel
    1 | (x, out, n) => {
  > 2 |   try { tl.load(x); } catch {}
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: Kernels have let, const, if, for, while, do, switch, break, continue and return`,
  ],
  [
    "'new'",
    `\
(x, out, n) => {
  const list = new Float32Array(4);
}`,
    `\
'new' is not part of the kernel language

  in kernel
    1 | (x, out, n) => {
  > 2 |   const list = new Float32Array(4);
      |                ^^^^^^^^^^^^^^^^^^^
    3 | }

help: Kernels compute with tiles, numbers, arrays, objects and functions; do other work before the launch, and pass what comes of it`,
  ],
  [
    "an async function",
    `\
async function later(x, out, n) {}`,
    `\
later is async, which kernels and helpers cannot be

help: Write it as a plain function`,
  ],
  [
    "the length of a tile",
    `\
(x, out, n) => {
  const size = tl.load(x + tl.arange(0, 4)).length;
}`,
    `\
A tile has no property 'length', only shape, dtype, numel, T and to()

  in kernel
    1 | (x, out, n) => {
  > 2 |   const size = tl.load(x + tl.arange(0, 4)).length;
      |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: Write x.shape[0] for its size, x.numel for the number of its elements`,
  ],
  [
    "a name of the host's",
    `\
(x, out, n) => {
  const wide = BigInt(3);
}`,
    `\
The name 'BigInt' is not known in kernel: a kernel sees its parameters and locals, tl, Math and the names it is given, not the variables around it

  in kernel
    1 | (x, out, n) => {
  > 2 |   const wide = BigInt(3);
      |                ^^^^^^
    3 | }

help: It is JavaScript's own, which kernels have not: use it before the launch, and pass what comes of it as a constant`,
  ],
  [
    "a combine function without a return",
    `\
(x, out, n) => {
  const sum = tl.reduce(tl.load(x + tl.arange(0, 4)), 0, (a, b) => { a + b; });
}`,
    `\
The combine function of tl.reduce returned undefined, but must return f32, what it is given

  in kernel
    1 | (x, out, n) => {
  > 2 |   const sum = tl.reduce(tl.load(x + tl.arange(0, 4)), 0, (a, b) => { a + b; });
      |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: A function in braces needs a 'return'; (a, b) => a + b returns by itself`,
  ],
  [
    "a dtype by its name in torch",
    `\
(x, out, n) => {
  const y = tl.cast(tl.load(x), "half");
}`,
    `\
tl.cast needs a dtype as argument 2, not 'half'

  in kernel
    1 | (x, out, n) => {
  > 2 |   const y = tl.cast(tl.load(x), "half");
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: Write tl.f16`,
  ],
  [
    "an axis as a keyword",
    `\
(x, out, n) => {
  const sum = tl.sum(tl.load(x + tl.arange(0, 4)), { axis: 0 });
}`,
    `\
The axis of tl.sum must be a compile-time integer, not an object

  in kernel
    1 | (x, out, n) => {
  > 2 |   const sum = tl.sum(tl.load(x + tl.arange(0, 4)), { axis: 0 });
      |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: Write tl.sum(x, axis, { keepDims: true })`,
  ],
  [
    "a text with a tile",
    `\
(x, out, n) => {
  const text = "x is " + tl.load(x);
}`,
    `\
The operator + does not work on 'x is '

  in kernel
    1 | (x, out, n) => {
  > 2 |   const text = "x is " + tl.load(x);
      |                ^^^^^^^^^^^^^^^^^^^^
    3 | }

help: Texts and tiles do not mix: to print both write console.log("x is", x)`,
  ],
  [
    "a value in a template",
    `\
(x, out, n) => {
  console.log(\`x is \${tl.load(x)}\`);
}`,
    `\
f32 cannot be put into a text: it is not known when the kernel is compiled

  in kernel
    1 | (x, out, n) => {
  > 2 |   console.log(\`x is \${tl.load(x)}\`);
      |                       ^^^^^^^^^^
    3 | }

help: Give values by themselves: console.log("x is", x) prints them while the kernel runs, tl.staticPrint(x) their types`,
  ],
  [
    "a property of a pointer",
    `\
(x, out, n) => {
  const y = x.value;
}`,
    `\
A pointer has no property 'value', only shape, dtype, numel, T and to()

  in kernel
    1 | (x, out, n) => {
  > 2 |   const y = x.value;
      |             ^^^^^^^
    3 | }`,
  ],
  [
    "a mask that is no option",
    `\
(x, out, n) => {
  tl.store(out, tl.load(x, n > 1));
}`,
    `\
tl.load takes options in an object as argument 2, not bool

  in kernel
    1 | (x, out, n) => {
  > 2 |   tl.store(out, tl.load(x, n > 1));
      |                 ^^^^^^^^^^^^^^^^^
    3 | }

help: Write tl.load(pointer + offsets, { mask, other })`,
  ],
  [
    "printing to where nothing is",
    `\
(x, out, n) => {
  tl.devicePrint("x", tl.load(x), { mask: tl.arange(0, 4) < 2 });
}`,
    `\
tl.devicePrint was given the mask tile<4xbool> for f32

  in kernel
    1 | (x, out, n) => {
  > 2 |   tl.devicePrint("x", tl.load(x), { mask: tl.arange(0, 4) < 2 });
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }

help: A mask says which elements are meant, so it cannot have more of them`,
  ],
  [
    "an assertion of a pointer",
    `\
(x, out, n) => {
  tl.deviceAssert(x, "there");
}`,
    `\
tl.deviceAssert needs a condition, not ptr<x:f32>

  in kernel
    1 | (x, out, n) => {
  > 2 |   tl.deviceAssert(x, "there");
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | }`,
  ],
];

for (const [title, source, message] of MISTAKES) {
  Deno.test(`${title} is explained`, () => assertEquals(failure(source), message));
}

Deno.test("a mistake in a helper is shown with the calls that led there, and where the kernel was made", () => {
  const fn = fromSource("function apply(x, out) {\n  tl.store(out, gelu(tl.load(x)));\n}");
  const gelu = fromSource("(x) => x * FACTOR");
  const error = assertThrows(() =>
    trace({
      fn: { name: "apply", fn, names: { gelu }, madeAt: "file:///home/me/apply.ts:3:22" },
      args: [pointer("f32"), pointer("f32")],
      constants: {},
    }), CompilationError);
  assertEquals(
    error.message,
    `\
The name 'FACTOR' is not known in apply: a kernel sees its parameters and locals, tl, Math and the names it is given, not the variables around it

  in anonymous
  > 1 | (x) => x * FACTOR
      |            ^^^^^^
  called from apply, made at file:///home/me/apply.ts:3:22
  > 2 |   tl.store(out, gelu(tl.load(x)));
      |                 ^^^^^^^^^^^^^^^^

help: Give it to the kernel: jit(apply, { gelu, FACTOR }). A value that changes from launch to launch is better passed as a constant: { FACTOR }`,
  );
  assertEquals(error.location?.line, 1);
});

Deno.test("neither message nor stack names a file of Nereid's own", () => {
  const error = assertThrows(
    () => trace({ fn: { name: "f", fn: () => UNKNOWN }, args: [], constants: {} }),
    CompilationError,
  );
  assertEquals(/lib\/(trace|ir|language)/.test(`${error.message}${error.stack}`), false);
});

Deno.test("the stack of a failed launch begins where the user launched", () => {
  const kernel = jit((x: Pointer) => tl.store(x, tl.arange(0, 8)));
  const error = assertThrows(() => kernel.graph([pointer("f32")]), CompilationError);
  const [frame] = error.stack!.slice(error.stack!.indexOf(error.message) + error.message.length)
    .trim().split("\n");
  assertEquals(frame?.includes(import.meta.filename!), true, frame);
});

Deno.test("arguments and constants that a kernel does not have are refused", () => {
  const args = [pointer("f32"), scalar("i32")];
  const one = { name: "one", fn: (_x: number, { BLOCK = 1 }) => void BLOCK };
  assertThrows(
    () => trace({ fn: one, args, constants: {} }),
    CompilationError,
    "one takes 1 arguments, not 2",
  );
  assertThrows(
    () => trace({ fn: one, args: args.slice(0, 1), constants: { BLOCKS: 2 } }),
    CompilationError,
    "one has no constant 'BLOCKS'",
  );
});

declare const UNKNOWN: number;
