import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
import { drawing } from "../../lib/layout/drawing.ts";
import { LinearLayout } from "../../lib/layout/linear_layout.ts";

const draw = (text: string, options?: Parameters<typeof drawing>[1]) =>
  drawing(LinearLayout.parse(text), options);

Deno.test("drawing() shows who holds each element", () => {
  assertEquals(
    draw("4x4 register (0,1) (2,0) lane (0,2) (1,0)"),
    `\
   0      1      2      3
0  r0 l0  r1 l0  r0 l1  r1 l1
1  r0 l2  r1 l2  r0 l3  r1 l3
2  r2 l0  r3 l0  r2 l1  r3 l1
3  r2 l2  r3 l2  r2 l3  r3 l3`,
  );
});

Deno.test("drawing() tells which lanes and warps hold copies", () => {
  assertEquals(
    draw("4 lane (1) (2) (0) warp (0)"),
    `\
   0      1      2      3
0  l0 w0  l1 w0  l2 w0  l3 w0
copies: lanes that differ in bit 2
copies: warps that differ in bit 0`,
  );
});

Deno.test("drawing() cuts large tiles off", () => {
  assertEquals(
    draw("4x16 register (0,1) (0,2) (0,4) (0,8) lane (1,0) (2,0)", { rows: 2, columns: 3 }),
    `\
   0       1       2       …
0  r0  l0  r1  l0  r2  l0  …
1  r0  l1  r1  l1  r2  l1  …
…`,
  );
});

Deno.test("drawing() draws a table for each leading index", () => {
  assertEquals(
    draw("2x1x2 register (0,0,1) lane (1,0,0)"),
    `\
table 0 of 2
   0      1
0  r0 l0  r1 l0
table 1 of 2
   0      1
0  r0 l1  r1 l1`,
  );
});
