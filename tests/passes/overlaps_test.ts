/** Storage barriers stand where invocations may touch each other's elements, and nowhere else. */

import fc from "npm:fast-check@4.10.2";
import { compileStages } from "../../lib/compile.ts";
import { type Graph, type Op, type Value, walk } from "../../lib/ir/graph.ts";
import { flatIndex } from "../../lib/layout/linear_layout.ts";
import { assignLayouts } from "../../lib/passes/assign_layouts.ts";
import { canonicalise } from "../../lib/passes/canonicalise.ts";
import { overlaps } from "../../lib/passes/overlaps.ts";
import { fromSource, pointer, scalar, traced } from "../trace/support.ts";
import { type Pointer, tl } from "../../mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { interpret } from "../support/interpret.ts";
import { TARGET } from "../support/target.ts";

/** How many storage barriers a kernel has; `a` and `b` are pointers, of which `shared` says that they are one. */
function barriers(
  kernel: (a: Pointer, b: Pointer, n: number, m: number) => void,
  shared: boolean,
): number {
  const args = [pointer("f32"), pointer("f32"), scalar("i32"), scalar("i32")];
  const graph = traced(kernel, args.slice(0, kernel.length));
  const { program } = compileStages(
    graph,
    { numWarps: 2, numStages: 2, aliases: shared ? [0, 0] : [0, 1], fold: "none" },
    TARGET,
  );
  return program.wgsl.match(/storageBarrier\(\)/g)?.length ?? 0;
}

const TABLE: readonly [
  name: string,
  wanted: number,
  kernel: (a: Pointer, b: Pointer, n: number, m: number) => void,
  shared?: boolean,
][] = [
  ["quarters side by side are apart", 0, (_a, b, n) => {
    const i = tl.arange(0, 256);
    for (const q of tl.staticRange(4)) tl.store(b + n * 1024 + q * 256 + i, i);
  }],
  ["halves that overlap by one are not", 1, (_a, b) => {
    const i = tl.arange(0, 256);
    tl.store(b + i, i);
    tl.store(b + 255 + i, i);
  }],
  ["places of which nothing is known are not", 1, (_a, b, n, m) => {
    const i = tl.arange(0, 256);
    tl.store(b + n + i, i);
    tl.store(b + m + i, i);
  }],
  ["the same places in the same layout belong to one invocation each", 0, (_a, b, n) => {
    const i = tl.arange(0, 256);
    tl.store(b + n + i, i);
    tl.store(b + n + i, i + 1);
  }],
  ["the same places backwards do not", 1, (_a, b) => {
    const i = tl.arange(0, 256);
    tl.store(b + i, i);
    tl.store(b + 255 - i, i);
  }],
  ["nor do those that several elements go to", 1, (_a, b) => {
    const i = tl.col(tl.arange(0, 16)), j = tl.row(tl.arange(0, 16));
    tl.store(b + i + 0 * j, i + j);
    tl.store(b + i + 0 * j, i - j);
  }],
  ["nor small tiles, of which invocations hold copies", 1, (_a, b) => {
    const i = tl.arange(0, 16);
    tl.store(b + i, i);
    tl.store(b + i, tl.load(b + i) + 1);
  }],
  ["what is overwritten in place is read by its owner", 0, (a, b, n) => {
    const i = tl.arange(0, 256);
    tl.store(b + i, tl.load(a + i, { mask: i < n }) + 1, { mask: i < n });
  }, true],
  ["what is shifted in place is not", 1, (a, b) => {
    const i = tl.arange(0, 256);
    tl.store(b + i, tl.load(a + i + 1));
  }, true],
  ["halves of rows interleave", 0, (_a, b) => {
    const i = tl.col(tl.arange(0, 8)), j = tl.row(tl.arange(0, 64));
    tl.store(b + i * 128 + j, i);
    tl.store(b + i * 128 + 64 + j, j);
  }],
  ["halves of shorter rows overlap", 1, (_a, b) => {
    const i = tl.col(tl.arange(0, 8)), j = tl.row(tl.arange(0, 64));
    tl.store(b + i * 100 + j, i);
    tl.store(b + i * 100 + 64 + j, j);
  }],
  ["halves of rows interleave, whatever their length", 0, (_a, b, n) => {
    const i = tl.col(tl.arange(0, 8)), j = tl.row(tl.arange(0, 64));
    tl.store(b + i * (2 * n) + j, i, { mask: j < n });
    tl.store(b + i * (2 * n) + n + j, j, { mask: j < n });
  }],
  ["thirds of rows of two parts do not", 1, (_a, b, n) => {
    const i = tl.col(tl.arange(0, 8)), j = tl.row(tl.arange(0, 64));
    tl.store(b + i * (2 * n) + j, i, { mask: j < n });
    tl.store(b + i * (2 * n) + 2 * n + j, j, { mask: j < n });
  }],
  ["nor do halves whose mask says nothing of the length", 1, (_a, b, n, m) => {
    const i = tl.col(tl.arange(0, 8)), j = tl.row(tl.arange(0, 64));
    tl.store(b + i * (2 * n) + j, i, { mask: j < m });
    tl.store(b + i * (2 * n) + n + j, j, { mask: j < m });
  }],
  ["a loop over rows writes each once", 0, (_a, b, n, m) => {
    const i = tl.arange(0, 256);
    for (let row = tl.programId(0); row < m; row += tl.numPrograms(0)) {
      tl.store(b + row * n + i, i, { mask: i < n });
    }
  }],
  ["so does one over several rows at a time", 0, (_a, b, n, m) => {
    const i = tl.row(tl.arange(0, 64));
    for (let first = tl.programId(0) * 4; first < m; first += 4 * tl.numPrograms(0)) {
      const row = first + tl.col(tl.arange(0, 4));
      tl.store(b + row * n + i, i, { mask: row < m && i < n });
    }
  }],
  ["not one that takes fewer rows than it writes", 1, (_a, b, n, m) => {
    const i = tl.row(tl.arange(0, 64));
    for (let first = tl.programId(0) * 4; first < m; first += 3 * tl.numPrograms(0)) {
      const row = first + tl.col(tl.arange(0, 4));
      tl.store(b + row * n + i, i, { mask: row < m && i < n });
    }
  }],
  ["not one over rows whose length is not that of the mask", 1, (_a, b, n, m) => {
    const i = tl.arange(0, 256);
    for (let row = 0; row < m; row++) tl.store(b + row * n + i, i, { mask: i <= n });
  }],
  ["not one over rows without a mask", 1, (_a, b, n, m) => {
    const i = tl.arange(0, 256);
    for (let row = 0; row < m; row++) tl.store(b + row * n + i, i);
  }],
  ["a loop along a row writes each place once", 0, (_a, b, n, m) => {
    const i = tl.arange(0, 256);
    for (let start = 0; start < n; start += 256) tl.store(b + m * n + start + i, i);
  }],
  ["not one in shorter steps", 1, (_a, b, n) => {
    const i = tl.arange(0, 256);
    for (let start = 0; start < n; start += 255) tl.store(b + start + i, i);
  }],
  ["not one whose base moves", 1, (_a, b, n) => {
    const i = tl.arange(0, 256);
    let base: number = tl.cast(0, tl.i32);
    for (let start = 0; start < n; start += 256) {
      tl.store(b + start + base + i, i);
      base -= 256;
    }
  }],
  ["not one whose pointer moves", 1, (_a, b, n) => {
    let p: number = b;
    for (let k = 0; k < n; k++) {
      tl.store(p + tl.arange(0, 256), k);
      p += 128;
    }
  }],
  ["not one that begins anew", 1, (_a, b, n, m) => {
    const i = tl.arange(0, 256);
    for (let k = 0; k < m; k++) {
      for (let start = 0; start < n; start += 256) tl.store(b + start + i, i + k);
    }
  }],
  ["a loop that reads and writes each place in one round", 0, (a, b, n) => {
    const i = tl.arange(0, 256);
    for (let start = 0; start < n; start += 256) {
      const mask = i < n - start;
      tl.store(b + start + i, tl.load(a + start + i, { mask }) * 2, { mask });
    }
  }, true],
  ["not one that reads what the round before wrote", 1, (a, b, n) => {
    const i = tl.arange(0, 256);
    for (let start = 256; start < n; start += 256) {
      tl.store(b + start + i, tl.load(a + start - 256 + i) * 2);
    }
  }, true],
];

for (const [name, wanted, kernel, shared = false] of TABLE) {
  Deno.test(`storage barriers: ${name}`, () => {
    // Where there has to be one, there may be more.
    assertEquals(Math.min(barriers(kernel, shared), 1), wanted);
  });
}

// Random accesses, tried out.

const LANES = 4, WARPS = 2;

/** One execution of a load or store: in which round of the loop, and who touches which offset. */
interface Event {
  readonly op: Op;
  readonly round: number;
  readonly touched: ReadonlyMap<number, ReadonlySet<number>>;
}

/** The invocations that access each element of a tile: all that hold it read, one of them writes. */
function invocations(op: Op): number[][] {
  const { layout, shape } = op.operand(0).type;
  const threads = Array.from({ length: LANES * WARPS }, (_, thread) => thread);
  if (!layout) return [op.name === "store" ? [0] : threads];
  const copies = [...layout.bases.lane, ...layout.bases.warp]
    .reduce((mask, basis, bit) => basis.every((x) => x === 0) ? mask | 1 << bit : mask, 0);
  const found = Array.from(
    { length: shape.reduce((all, dim) => all * dim, 1) },
    (): number[] => [],
  );
  for (const thread of threads) {
    if (op.name === "store" && (thread & copies) !== 0) continue;
    for (let register = 0; register < 2 ** layout.bases.register.length; register++) {
      const at = layout.apply({ register, lane: thread % LANES, warp: Math.floor(thread / LANES) });
      found[flatIndex(at, shape)]!.push(thread);
    }
  }
  return found;
}

/** What a kernel's loads and stores do, in order. */
function eventsOf(graph: Graph, n: number, m: number): Event[] {
  const counters = new Set<Value>(), events: Event[] = [];
  walk(graph.body, (op) => void (op.name === "for" && counters.add(op.region(0).params[0]!)));
  let round = 0;
  interpret(graph, {
    scalars: { n, m },
    programId: [1, 0, 0],
    numPrograms: [2, 1, 1],
    onValue: (value) => void (counters.has(value) && round++),
    onAccess(op, offsets) {
      const touched = new Map<number, Set<number>>(), who = invocations(op);
      offsets.forEach((offset, i) => {
        if (offset === undefined) return;
        const all = touched.get(offset) ?? new Set();
        who[i]!.forEach((thread) => all.add(thread));
        touched.set(offset, all);
      });
      events.push({ op, round, touched });
    },
  });
  return events;
}

/** True when some element is touched by two invocations, by one in each event. */
function meet(a: Event, b: Event): boolean {
  return [...a.touched].some(([offset, first]) => {
    const second = b.touched.get(offset);
    return second !== undefined && first.union(second).size > 1;
  });
}

const OFFSETS = [
  ...["c", "r * 8 + c", "r * n + c", "2 * r * n + c", "s * 8 + c", "s * n + c", "(s + r) * n + c"],
  ...[
    "s + c",
    "s * 32 + r * 8 + c",
    "(s + r) * 8 + c",
    "2 * s * n + c",
    "r * 16 + 7 - c",
    "8 * c + r",
  ],
  ...["s * m + r * 8 + c", "r * m + c", "(s - r) * n + c", "-s * 8 + c", "r + c", "c * n + r"],
];
const MORE = [
  "0",
  "0",
  "1",
  "4",
  "8",
  "32",
  "-8",
  "n",
  "m",
  "2 * n",
  "n - 1",
  "s",
  "c",
  "tl.programId(0) * 32",
];
const MASKS = [
  "c < n",
  "n > c",
  "c <= n",
  "c < m",
  "c < n && r < m",
  "s + r < m && c < n",
  "c < n - s",
];
const STEPS = ["1", "2", "4", "8", "tl.numPrograms(0)", "4 * tl.numPrograms(0)", "3"];

const access = fc.record({
  offset: fc.constantFrom(...OFFSETS),
  more: fc.constantFrom(...MORE),
  mask: fc.option(fc.constantFrom(...MASKS), { nil: undefined }),
  loads: fc.boolean(),
});

Deno.test("accesses that are taken to be apart are so when they are tried", () => {
  let apart = 0;
  const property = fc.property(
    fc.tuple(access, access),
    fc.boolean(),
    fc.boolean(),
    fc.constantFrom(...STEPS),
    fc.integer({ min: 0, max: 9 }),
    fc.integer({ min: 0, max: 12 }),
    (accesses, alike, loops, step, n, m) => {
      const body = accesses.map(({ offset, more, mask, loads }, i) => {
        const at = `a + (${alike ? accesses[0].offset : offset} + ${more}) + zero`,
          options = mask ? `{ mask: ${mask} }` : "{}";
        return loads
          ? `tl.store(b + ${i} * 32 + r * 8 + c, tl.load(${at}, ${options}));`
          : `tl.store(${at}, r + ${i}, ${options});`;
      }).join("\n");
      const source = `(a, b, n, m) => {
        const r = tl.col(tl.arange(0, 4)), c = tl.row(tl.arange(0, 8)), zero = 0 * r + 0 * c;
        ${loops ? `for (let s = 0; s < m; s += ${step}) {` : "const s = 3; {"}
          ${body}
        }
      }`;
      const args = [pointer("i32"), pointer("i32"), scalar("i32"), scalar("i32")];
      const graph = assignLayouts(canonicalise(traced(fromSource(source), args)), {
        lanes: LANES,
        warps: WARPS,
      });
      const mayOverlap = overlaps(graph);
      const events = eventsOf(graph, n, m).filter(({ op }) =>
        (op.operand(0).type.element as { base: string }).base === "a"
      );
      events.forEach((later, i) =>
        events.slice(0, i).forEach((earlier) => {
          const when = earlier.round === later.round ? "same round" : "earlier round";
          if (earlier.op.name === "load" && later.op.name === "load") return;
          if (mayOverlap(earlier.op, later.op, when)) return;
          apart++;
          assert(!meet(earlier, later), `${when}: ${source}`);
        })
      );
    },
  );
  fc.assert(property, { numRuns: 600 });
  assert(apart > 100, `only ${apart} pairs were told apart`);
});
