import { assert, assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
import fc from "npm:fast-check@4.10.2";
import {
  blocked,
  collapsed,
  columnsOfB,
  consecutive,
  dotResult,
  expanded,
  inverseOrder,
  isLaneDotA,
  laneDotA,
  laneDotResult,
  permuted,
  reshaped,
  sliced,
  threadTile,
  vectorWidth,
} from "../../lib/layout/layouts.ts";
import { flatIndex, LinearLayout } from "../../lib/layout/linear_layout.ts";
import { blockedOf, layouts, places, shapes } from "./arbitrary.ts";

Deno.test("blocked() repeats in registers when the tile is larger", () => {
  const layout = blocked({
    shape: [8, 16],
    registersPerThread: [1, 4],
    lanes: 8,
    warps: 2,
    order: [1, 0],
  });
  assertEquals(
    `${layout}`,
    "8x16 register (0,1) (0,2) (4,0) lane (0,4) (0,8) (1,0) warp (2,0)",
  );
});

Deno.test("blocked() replicates when the tile is smaller", () => {
  const layout = blocked({ shape: [8], registersPerThread: [4], lanes: 4, warps: 2, order: [0] });
  assertEquals(`${layout}`, "8 register (1) (2) lane (4) (0) warp (0)");
});

Deno.test("blocked() goes along order[0] first", () => {
  const layout = blocked({
    shape: [8, 16],
    registersPerThread: [4, 1],
    lanes: 8,
    warps: 2,
    order: [0, 1],
  });
  assertEquals(
    `${layout}`,
    "8x16 register (1,0) (2,0) (0,8) lane (4,0) (0,1) (0,2) warp (0,4)",
  );
});

Deno.test("blocked() covers the tile with no copies within a thread", () => {
  fc.assert(fc.property(shapes(3).chain(blockedOf), (layout) => {
    assert(layout.isSurjective);
    assertEquals(layout.free.register, 0);
    assertEquals([layout.sizeOf("lane"), layout.sizeOf("warp")], [4, 2]);
  }));
});

Deno.test("dotResult() gives each thread a nearly square block with vectors along n", () => {
  const layout = dotResult({ M: 64, N: 64, lanes: 32, warps: 4 });
  assertEquals(
    `${layout}`,
    "64x64 register (0,1) (0,2) (0,32) (1,0) (2,0) lane (0,4) (0,8) (0,16) (4,0) (8,0) warp (16,0) (32,0)",
  );
  assertEquals(threadTile(128, 128, 256), [8, 8]);
  assertEquals(threadTile(16, 256, 128), [4, 8]);
  assertEquals(threadTile(256, 16, 128), [4, 8]);
  assertEquals(threadTile(32, 32, 128), [2, 4]);
  assertEquals(threadTile(64, 1, 16), [4, 1]);
  assertEquals(threadTile(1, 64, 16), [1, 4]);
  assertEquals(threadTile(4, 4, 128), [1, 1]);
});

Deno.test("dotResult() covers products of every size with no copies within a thread", () => {
  for (let m = 0; m <= 8; m++) {
    for (let n = 0; n <= 8; n++) {
      for (const [lanes, warps] of [[32, 4], [8, 2], [32, 8], [1, 1]] as const) {
        const M = 2 ** m, N = 2 ** n, layout = dotResult({ M, N, lanes, warps });
        assert(layout.isSurjective, `${layout}`);
        assertEquals(layout.sizeOf("register"), Math.max(M * N / (lanes * warps), 1));
        assertEquals([layout.sizeOf("lane"), layout.sizeOf("warp")], [lanes, warps]);
      }
    }
  }
});

Deno.test("consecutive() gives each warp a run, and each register of it a shorter one", () => {
  assertEquals(
    `${consecutive({ length: 32, lanes: 4, warps: 2 })}`,
    "32 register (4) (8) lane (1) (2) warp (16)",
  );
  for (const [length, lanes, warps] of [[8, 4, 2], [256, 8, 4], [64, 32, 2]] as const) {
    const layout = consecutive({ length, lanes, warps });
    assert(layout.isSurjective);
    assertEquals([layout.sizeOf("lane"), layout.sizeOf("warp")], [lanes, warps]);
  }
});

Deno.test("laneDotResult() lets lanes go along n alone, and gives warps rows of their own", () => {
  const layout = laneDotResult({ M: 64, N: 64, lanes: 8, warps: 4 });
  assertEquals(
    `${layout}`,
    "64x64 register (0,1) (0,2) (0,32) (1,0) (2,0) (4,0) (8,0) lane (0,4) (0,8) (0,16) warp (16,0) (32,0)",
  );
  assertEquals(
    `${laneDotA(layout, 16)}`,
    "64x16 register (1,0) (2,0) (4,0) (8,0) (0,8) lane (0,1) (0,2) (0,4) warp (16,0) (32,0)",
  );
  assertEquals(
    `${columnsOfB(layout, 4)}`,
    "4x64 register (0,1) (0,2) (0,32) (1,0) (2,0) lane (0,4) (0,8) (0,16) warp (0,0) (0,0)",
  );
});

Deno.test("the lanes of a warp have all that a product by lanes needs, of every size", () => {
  for (const [lanes, warps] of [[8, 4], [8, 16], [4, 8], [32, 4], [1, 1]] as const) {
    for (let bits = 0; bits < 5 ** 3; bits++) {
      const [M, N, K] = [0, 1, 2].map((i) => [1, 2, 8, 16, 64][Math.floor(bits / 5 ** i) % 5]);
      const result = laneDotResult({ M: M!, N: N!, lanes, warps });
      const a = laneDotA(result, K!), b = columnsOfB(result, K!);
      for (const layout of [result, a, b]) {
        assert(layout.isSurjective, `${layout}`);
        assertEquals(layout.free.register, 0);
        assertEquals([layout.sizeOf("lane"), layout.sizeOf("warp")], [lanes, warps]);
      }
      assert(isLaneDotA(a, result));
      for (const { lane, warp } of [{ lane: 0, warp: 0 }, { lane: lanes - 1, warp: warps - 1 }]) {
        const held = (layout: LinearLayout, dim: number, every: boolean) =>
          new Set(
            places(layout).flatMap((at) =>
              at.warp === warp && (every || at.lane === lane) ? [layout.apply(at)[dim]!] : []
            ),
          );
        const rows = held(result, 0, false), columns = held(result, 1, false);
        assertEquals(held(a, 0, true), rows);
        assertEquals(held(a, 1, true).size, K);
        assertEquals(held(b, 1, false), columns);
        assertEquals(held(b, 0, false).size, K);
      }
    }
  }
});

Deno.test("sliced() leaves the results of a reduction with those who took part", () => {
  const table = LinearLayout.parse("4x4 register (0,1) (2,0) lane (0,2) (1,0)");
  assertEquals(`${sliced(table, 1)}`, "4 register (2) lane (0) (1) warp");
  fc.assert(fc.property(layouts(2), fc.nat(1), (layout, axis) => {
    const result = sliced(layout, axis);
    assert(result.isSurjective);
    assertEquals(result.free.register, 0);
    // Whatever a thread held, it holds the element that this was reduced into.
    for (const place of places(layout)) {
      const [wanted] = layout.apply(place).toSpliced(axis, 1);
      const held = Array.from(
        { length: result.sizeOf("register") },
        (_, register) => result.apply({ ...place, register })[0],
      );
      assert(held.includes(wanted));
    }
  }));
});

Deno.test("sliced() undoes expanded()", () => {
  fc.assert(fc.property(layouts(2), fc.nat(2), (layout, axis) => {
    const wide = expanded(layout, axis);
    assertEquals(wide.shape, layout.shape.toSpliced(axis, 0, 1));
    assert(sliced(wide, axis).equals(layout));
  }));
});

Deno.test("collapsed() keeps size 1 where it sliced", () => {
  fc.assert(fc.property(layouts(3), fc.nat(2), (layout, axis) => {
    const result = collapsed(layout, axis);
    assertEquals(result.shape, layout.shape.with(axis, 1));
    assert(collapsed(result, axis).equals(result));
    assert(sliced(result, axis).equals(sliced(layout, axis)));
  }));
});

Deno.test("permuted() moves coordinates, and the inverse order moves them back", () => {
  const orders = fc.shuffledSubarray([0, 1, 2], { minLength: 3 });
  fc.assert(fc.property(layouts(3), orders, (layout, order) => {
    const result = permuted(layout, order);
    for (const place of places(layout)) {
      const from = layout.apply(place);
      assertEquals(result.apply(place), order.map((dim) => from[dim]!));
    }
    assert(permuted(result, inverseOrder(order)).equals(layout));
  }));
});

Deno.test("reshaped() keeps row-major indices, and reshaping back gives the same", () => {
  fc.assert(fc.property(layouts(2), (layout) => {
    const flat = reshaped(layout, [layout.elements]);
    for (const place of places(layout)) {
      assertEquals(flat.apply(place), [flatIndex(layout.apply(place), layout.shape)]);
    }
    assert(reshaped(flat, layout.shape).equals(layout));
  }));
});

Deno.test("vectorWidth() finds aligned neighbours in the lowest registers", () => {
  const width = (text: string, dim: number) => vectorWidth(LinearLayout.parse(text), dim);
  assertEquals(width("8x16 register (0,1) (0,2) (4,0) lane (0,4) (0,8) (1,0) (2,0)", 1), 4);
  assertEquals(width("8x16 register (0,1) (0,2) (4,0) lane (0,4) (0,8) (1,0) (2,0)", 0), 1);
  assertEquals(width("8 register (2) (1) lane (4)", 0), 1);
  assertEquals(width("8 register (1) (2) lane (5)", 0), 1);
  assertEquals(width("8 register (1) (2) lane (6)", 0), 2);
});

Deno.test("vectorWidth() means that registers hold aligned runs", () => {
  fc.assert(fc.property(layouts(2), fc.nat(1), (layout, dim) => {
    const width = vectorWidth(layout, dim);
    for (const place of places(layout)) {
      const base = layout.apply({ ...place, register: place.register - place.register % width });
      assertEquals(base[dim]! % width, 0);
      assertEquals(layout.apply(place), base.with(dim, base[dim]! + place.register % width));
    }
  }));
});
