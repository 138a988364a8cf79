import { assert, assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
import fc from "npm:fast-check@4.10.2";
import { type Conversion, conversion, sourceLane } from "../../lib/layout/conversion.ts";
import { blocked } from "../../lib/layout/layouts.ts";
import { LinearLayout, type Place } from "../../lib/layout/linear_layout.ts";
import { layoutsOf, places, shapes } from "./arbitrary.ts";

const parse = LinearLayout.parse;

/** The place that a conversion says to read for a place of the target. */
function sourceOf(how: Conversion, place: Place): Place | undefined {
  switch (how.kind) {
    case "none":
      return place;
    case "registers":
      return { ...place, register: how.source[place.register]! };
    case "shuffle":
      return {
        register: how.source[place.register]!,
        lane: sourceLane(how, place.lane, place.register),
        warp: place.warp,
      };
    case "workgroup":
      return undefined;
  }
}

function checked(from: LinearLayout, to: LinearLayout): Conversion {
  const how = conversion(from, to);
  for (const place of places(to)) {
    const source = sourceOf(how, place);
    if (source) assertEquals(from.indexOf(source), to.indexOf(place), `${from} to ${to}`);
  }
  return how;
}

Deno.test("conversion() of equal layouts is nothing", () => {
  const layout = parse("4 register (1) lane (2)");
  assertEquals(checked(layout, parse("4 register (1) lane (2)")), { kind: "none" });
});

Deno.test("conversion() between orders of registers renames them", () => {
  const from = parse("8 register (1) (2) lane (4)"), to = parse("8 register (2) (1) lane (4)");
  assertEquals(checked(from, to), { kind: "registers", source: [0, 2, 1, 3] });
});

Deno.test("conversion() stays in the thread where a swizzle touches registers alone", () => {
  const from = parse("4 register (1) (2) lane (0)"), to = parse("4 register (3) (2) lane (0)");
  assertEquals(checked(from, to), { kind: "registers", source: [0, 3, 2, 1] });
});

Deno.test("conversion() between lanes of a warp shuffles", () => {
  const swapped = checked(
    parse("8 register (1) lane (2) (4)"),
    parse("8 register (1) lane (4) (2)"),
  );
  assertEquals(swapped, {
    kind: "shuffle",
    source: [0, 1],
    lanes: [2, 1],
    flips: [0, 0],
    xor: false,
  });
  // Every lane gets both elements: its own and its neighbour's.
  const gathered = checked(parse("4 register (2) lane (1)"), parse("4 register (2) (1) lane (1)"));
  assertEquals(gathered, {
    kind: "shuffle",
    source: [0, 1, 0, 1],
    lanes: [1],
    flips: [0, 0, 1, 1],
    xor: true,
  });
});

Deno.test("conversion() between warps goes through workgroup memory", () => {
  assertEquals(checked(parse("4 lane (1) warp (2)"), parse("4 lane (2) warp (1)")), {
    kind: "workgroup",
  });
  // A register that depends on the lane is no shuffle.
  assertEquals(checked(parse("4 register (1) lane (2)"), parse("4 register (2) lane (1)")), {
    kind: "workgroup",
  });
});

Deno.test("conversion() of a transposition of a blocked tile goes through workgroup memory", () => {
  const options = { shape: [32, 32], lanes: 32, warps: 4 };
  const rows = blocked({ ...options, registersPerThread: [1, 4], order: [1, 0] });
  const columns = blocked({ ...options, registersPerThread: [4, 1], order: [0, 1] });
  assertEquals(checked(rows, columns).kind, "workgroup");
});

Deno.test("conversion() always names a place that holds the element", () => {
  const seen = new Set<string>();
  const pairs = shapes(2, 2).chain((shape) => fc.tuple(layoutsOf(shape), layoutsOf(shape)));
  fc.assert(fc.property(pairs, ([from, to]) => void seen.add(checked(from, to).kind)), {
    numRuns: 1000,
  });
  assert(seen.size === 4, `only saw ${[...seen].join(", ")}`);
});
