import { assertEquals, assertThrows } from "npm:deno-std@1.4.0/assert/mod.js";
import fc from "npm:fast-check@4.10.2";
import { apply, identity, matrix, multiply } from "../../lib/layout/gf2.ts";
import { coordinates, flatIndex, LinearLayout } from "../../lib/layout/linear_layout.ts";
import { anyLayout, invertible, layouts, places } from "./arbitrary.ts";

const parse = LinearLayout.parse;
const TABLE = parse("4x4 register (0,1) (2,0) lane (0,2) (1,0)");

Deno.test("LinearLayout.apply() combines bases by exclusive or", () => {
  assertEquals(TABLE.apply({ register: 3, lane: 1 }), [2, 3]);
  assertEquals(TABLE.apply({}), [0, 0]);
  assertEquals(parse("8 register (1) lane (3) (4)").apply({ register: 1, lane: 1 }), [2]);
});

Deno.test("LinearLayout.indexOf() is the row-major index of what apply() gives", () => {
  assertEquals(TABLE.indexOf({ register: 3, lane: 1 }), 11);
  fc.assert(fc.property(anyLayout(2), (layout) => {
    for (const place of places(layout)) {
      assertEquals(layout.indexOf(place), flatIndex(layout.apply(place), layout.shape));
    }
  }));
});

Deno.test("LinearLayout is linear: places added give elements added", () => {
  fc.assert(fc.property(anyLayout(2), fc.nat(), fc.nat(), (layout, x, y) => {
    const size = 2 ** layout.matrix.columns.length, a = x % size, b = y % size;
    const index = (vector: number) => layout.indexOf(layout.unpack(vector));
    assertEquals(index(a ^ b), index(a) ^ index(b));
    assertEquals(layout.pack(layout.unpack(a)), a);
  }));
});

Deno.test("LinearLayout's constructor rejects what is no layout", () => {
  assertThrows(
    () => new LinearLayout([3], {}),
    Error,
    "Cannot lay out 3: 3 is not a power of two",
  );
  assertThrows(
    () => new LinearLayout([4, 2], { lane: [[0, 2]] }),
    Error,
    "Cannot use the basis (0,2) of lane: it lies outside 4x2",
  );
  assertThrows(() => new LinearLayout([4], { lane: [[0, 2]] }), Error, "it lies outside 4");
});

Deno.test("LinearLayout.free and isInjective tell replicated lanes", () => {
  const replicated = parse("8 register (1) (4) lane (2) (0)");
  assertEquals(replicated.free, { register: 0, lane: 2, warp: 0 });
  assertEquals(replicated.isInjective, false);
  assertEquals(replicated.isSurjective, true);
  assertEquals(TABLE.isInjective, true);
  assertEquals(parse("8 register (1) lane (2)").isSurjective, false);
});

Deno.test("LinearLayout.free leaves exactly one holder of each element", () => {
  fc.assert(fc.property(anyLayout(2), (layout) => {
    const { free } = layout, held = new Map<number, number>();
    for (const place of places(layout)) {
      const index = layout.indexOf(place),
        first = !(
          place.register & free.register || place.lane & free.lane || place.warp & free.warp
        );
      held.set(index, (held.get(index) ?? 0) + (first ? 1 : 0));
    }
    for (const count of held.values()) assertEquals(count, 1);
    assertEquals(layout.isSurjective, held.size === layout.elements);
  }));
});

Deno.test("LinearLayout.locate() and rightInverse() find who holds an element", () => {
  assertEquals(TABLE.locate(11), { register: 3, lane: 1, warp: 0 });
  fc.assert(fc.property(layouts(2), (layout) => {
    const inverse = layout.rightInverse();
    assertEquals(multiply(layout.matrix, inverse), identity(layout.matrix.rows));
    for (let i = 0; i < layout.elements; i++) {
      assertEquals(layout.indexOf(layout.locate(i)), i);
      assertEquals(layout.unpack(apply(inverse, i)), layout.locate(i));
    }
    if (layout.isInjective) {
      assertEquals(multiply(inverse, layout.matrix), identity(layout.matrix.rows));
    }
  }));
  assertThrows(
    () => parse("4 register (1)").rightInverse(),
    Error,
    "Cannot invert a layout that leaves elements out: 4 register (1) lane warp",
  );
});

Deno.test("LinearLayout.compose() transposes the table", () => {
  const swap = matrix(4, [4, 8, 1, 2]);
  assertEquals(
    `${TABLE.compose(swap, [4, 4])}`,
    "4x4 register (1,0) (0,2) lane (2,0) (0,1) warp",
  );
});

Deno.test("LinearLayout.compose() is associative and undone by the inverse", () => {
  fc.assert(fc.property(
    layouts(2).chain((layout) => {
      const map = invertible(layout.matrix.rows);
      return fc.tuple(fc.constant(layout), map, map);
    }),
    ([layout, a, b]) => {
      const { shape } = layout;
      const twice = layout.compose(a, shape).compose(b, shape);
      assertEquals(twice.equals(layout.compose(multiply(b, a), shape)), true);
      const back = layout.compose(layout.rightInverse(), [2 ** layout.matrix.columns.length]);
      assertEquals(back.compose(layout.matrix, shape).equals(layout), true);
    },
  ));
});

Deno.test("LinearLayout.product() repeats a layout", () => {
  const inner = parse("4 register (1) lane (2)");
  assertEquals(`${inner.product(inner)}`, "16 register (1) (4) lane (2) (8) warp");
});

Deno.test("LinearLayout.product() is associative, and divideLeft() and divideRight() undo it", () => {
  fc.assert(fc.property(anyLayout(2), anyLayout(2), anyLayout(2), (a, b, c) => {
    const ab = a.product(b);
    assertEquals(ab.product(c).equals(a.product(b.product(c))), true);
    assertEquals(ab.divideLeft(a)!.equals(b), true);
    assertEquals(ab.divideRight(b)!.equals(a), true);
  }));
});

Deno.test("LinearLayout.divideLeft() gives nothing where the layouts disagree", () => {
  assertEquals(
    `${TABLE.divideLeft(parse("1x2 register (0,1)"))}`,
    "4x2 register (2,0) lane (0,1) (1,0) warp",
  );
  assertEquals(TABLE.divideLeft(parse("2x1 register (1,0)")), undefined);
  assertEquals(parse("8 register (2) lane (1)").divideLeft(parse("4 register (2)")), undefined);
  assertEquals(TABLE.divideLeft(parse("4 register (1)")), undefined);
});

Deno.test("LinearLayout.withoutIdleRegisters() drops copies and keeps every element", () => {
  assertEquals(
    `${parse("4 register (1) (0) lane (2)").withoutIdleRegisters()}`,
    "4 register (1) lane (2) warp",
  );
  fc.assert(fc.property(anyLayout(2), (layout) => {
    const lean = layout.withoutIdleRegisters();
    assertEquals(lean.free.register, 0);
    assertEquals(lean.isSurjective, layout.isSurjective);
    assertEquals(lean.withoutIdleRegisters().equals(lean), true);
  }));
});

Deno.test("LinearLayout.parse() reads what toString() writes", () => {
  for (const rank of [0, 1, 2, 3]) {
    fc.assert(fc.property(anyLayout(rank), (layout) => {
      const again = parse(`${layout}`);
      assertEquals(again.equals(layout), true);
      assertEquals(`${again}`, `${layout}`);
    }));
  }
  assertEquals(`${parse(" 4x4 register(0,1)(2,0)  lane (0, 2) (1,0) ")}`, `${TABLE}`);
});

Deno.test("LinearLayout.parse() says what is wrong", () => {
  const wrong = {
    "4x4 thread (0,1)":
      "Cannot parse the layout '4x4 thread (0,1)': there is no input 'thread', only register, lane and warp",
    "4 (1)": "Cannot parse the layout '4 (1)': the basis (1) stands before an input",
    "register (1)":
      "Cannot parse the layout 'register (1)': a shape such as 4x4 and then bases are wanted",
  };
  for (const [text, message] of Object.entries(wrong)) {
    assertThrows(() => parse(text), Error, message);
  }
});

Deno.test("coordinates() and flatIndex() are inverse", () => {
  for (let i = 0; i < 64; i++) assertEquals(flatIndex(coordinates(i, [4, 2, 8]), [4, 2, 8]), i);
});
