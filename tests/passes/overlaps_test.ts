/** Storage barriers stand where invocations may touch each other's elements, and nowhere else. */

import { compileStages } from "../../lib/compile.ts";
import { pointer, scalar, traced } from "../trace/support.ts";
import { type Pointer, tl } from "../../mod.ts";
import { assertEquals } from "../support/assert.ts";
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
