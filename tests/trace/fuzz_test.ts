/**
 * Control flow against JavaScript itself: random kernels are run as plain functions, and traced and
 * evaluated, and must store the same numbers.
 *
 * Each test names its seed. To repeat one: `FIRST=<seed> COUNT=1 deno test -A tests/trace/fuzz_test.ts`.
 */

import { evaluate } from "../../lib/cpu/evaluate.ts";
import { print } from "../../lib/ir/print.ts";
import { fromSource, pointer, scalar, traced } from "./support.ts";

/** How many numbers a kernel stores; the last two are also read. */
const SIZE = 32;

/** What kernels find as `tl` when they run as JavaScript. */
function plain(memory: Int32Array) {
  return {
    load: (i: number) => memory[i]!,
    store(i: number, x: number) {
      memory[i] = x;
    },
    *range(start: number, end: number) {
      for (let i = start; i < end; i++) yield i;
    },
    staticRange: (count: number) => Array.from({ length: count }, (_, i) => i),
  };
}

/** Writes random kernels of `(out, n, m)`, whose variables stay small enough for i32. */
class Writer {
  #seed: number;
  #names = 0;
  #depth = 0;
  #loops = 0;
  #fuel = 0;
  #helper = true;
  /** Loop variables, which are only read. */
  #counters: string[] = [];

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** A number below `n`. */
  #below(n: number): number {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
    return Math.floor(this.#seed / 2 ** 32 * n);
  }

  #pick(...choices: readonly string[]): string {
    return choices[this.#below(choices.length)]!;
  }

  #place(): string {
    return this.#pick("p", "q", "o.a", "list[0]", "list[1]");
  }

  #expression(depth = 2): string {
    if (depth === 0 || this.#below(4) === 0) {
      const number = String(this.#below(5));
      return this.#pick(this.#place(), "n", "m", ...this.#counters, number, "tl.load(out + 31)");
    }
    const [a, b] = [this.#expression(depth - 1), this.#expression(depth - 1)];
    switch (this.#below(8)) {
      case 0:
        return `(${a} + ${b})`;
      case 1:
        return `(${a} - ${b})`;
      case 2:
        return `((${a} % 7) * ${1 + this.#below(3)})`;
      case 3:
        return `(${this.#condition(depth - 1)} ? ${a} : ${b})`;
      case 4:
        return `Math.max(${a}, ${b})`;
      case 5:
        return `(${a} & ${b})`;
      case 6:
        return this.#helper ? `Math.min(${a}, ${b})` : `help${this.#below(2)}(${a}, ${b})`;
      default:
        return `(${a} ^ ${b})`;
    }
  }

  #condition(depth = 1): string {
    const operator = this.#pick("<", "<=", ">", ">=", "===", "!==");
    const test = `${this.#expression(depth)} ${operator} ${this.#expression(depth)}`;
    switch (this.#below(6)) {
      case 0:
        return `(${test}) ${this.#pick("&&", "||")} (${this.#expression(1)} > ${
          this.#expression(1)
        })`;
      case 1:
        return `!(${test})`;
      default:
        return test;
    }
  }

  #simple(): string {
    return this.#pick(
      // JavaScript's numbers do not wrap as an i32 does: they are kept small.
      `${this.#place()} = ${this.#expression()} % 1009;`,
      `${this.#place()} += ${this.#expression(1)} % 3;`,
      `tl.store(out + (${this.#expression(1)} & 15), ${this.#expression()});`,
      `${this.#place()}++;`,
    );
  }

  #statements(most: number): string {
    return Array.from({ length: 1 + this.#below(most) }, () => this.#statement()).join(" ");
  }

  #block(): string {
    return `{ ${this.#statements(3)} }`;
  }

  #statement(): string {
    const kind = this.#below(14);
    if (this.#fuel-- < 0 || this.#depth > 3 || kind < 4) return this.#simple();
    this.#depth++;
    const text = this.#compound(kind);
    this.#depth--;
    return text;
  }

  #compound(kind: number): string {
    const [place, value] = [this.#place(), `${this.#expression(1)} % 1009`];
    if (kind < 7) {
      return `if (${this.#condition()}) ${this.#block()}` +
        (this.#below(2) ? ` else ${this.#block()}` : "");
    }
    if (kind < 9 && this.#loops < 3) return this.#loop();
    if (kind === 9 && this.#loops > 0) {
      return `if (${this.#condition()}) ${this.#pick("break", "continue")};`;
    }
    if (kind === 10) {
      if (this.#helper) return `if (${this.#condition()}) return ${value};`;
      if (this.#below(3) === 0) return `if (${this.#condition()}) return;`;
      const leave = this.#loops > 0 ? this.#pick("break;", "continue;") : "";
      return `if (${this.#condition()}) { ${this.#statements(1)} ${leave} }`;
    }
    if (kind === 11) return `${this.#condition()} && (${place} = ${value});`;
    if (kind === 12) {
      return `${this.#condition()} ? ${place} = ${value} : (${place} -= 1, ${this.#place()} = ${value});`;
    }
    const name = `t${this.#names++}`;
    return `{ const ${name} = ${this.#expression()}; ${place} = ${name} % 1009 + 1; }`;
  }

  #loop(): string {
    const i = `i${this.#names++}`;
    this.#counters.push(i);
    this.#loops++;
    const body = () => this.#statements(2);
    const limit = this.#pick("n", "m", "4");
    // Loops that count by hand do so first, so that `continue` cannot make them endless.
    const text = [
      () => `for (let ${i} = ${this.#below(3)}; ${i} < ${limit}; ${i}++) ${this.#block()}`,
      () => `for (let ${i} = 5; ${i} > ${limit}; ${i} -= 2) ${this.#block()}`,
      () => `for (const ${i} of tl.range(0, ${limit})) ${this.#block()}`,
      () => `for (const ${i} of tl.staticRange(2)) ${this.#block()}`,
      () => `{ let ${i} = 0; while (${i} < ${limit}) { ${i}++; ${body()} } }`,
      () => `{ let ${i} = 0; do { ${i} += 1; ${body()} } while (${i} < ${limit}); }`,
      () => `{ let ${i} = 3; while (${i}-- > 0) { ${body()} } }`,
      () => `{ let ${i} = 0; while (true) { ${i}++; if (${i} > ${limit}) break; ${body()} } }`,
      () =>
        `{ let ${i} = 0; while (${i}++ < 4 && tl.load(out + 30) < 50) { tl.store(out + 30, tl.load(out + 30) + 1); ${body()} } }`,
    ][this.#below(9)]!();
    this.#loops--;
    this.#counters.pop();
    return text;
  }

  /** A whole kernel. */
  kernel(): string {
    const helpers = [0, 1].map((i) => {
      this.#fuel = 4;
      return `const help${i} = (n, m) => { let p = n, q = m; const o = { a: 0 }, list = [p, 1]; ${
        this.#statements(3)
      } return ${this.#expression()} % 1009; };`;
    });
    this.#helper = false;
    this.#fuel = 12;
    return `function kernel(out, n, m) {
  let p = n, q = ${this.#pick("0", "m", "1")}; const o = { a: 1 }, list = [n, 2];
  ${helpers.join("\n  ")}
  ${this.#statements(5)}
  tl.store(out + 16, p); tl.store(out + 17, q); tl.store(out + 18, o.a);
  tl.store(out + 19, list[0]); tl.store(out + 20, list[1]);
}`;
  }
}

function compare(seed: number): void {
  const source = new Writer(seed).kernel();
  const graph = traced(fromSource(source), [pointer("i32"), scalar("i32"), scalar("i32")]);
  for (const n of [-2, 0, 3]) {
    for (const m of [0, 1, 5]) {
      const wanted = new Int32Array(SIZE), found = new Int32Array(SIZE);
      const run = new Function("tl", `return (${source})`)(plain(wanted)) as (
        ...args: number[]
      ) => void;
      run(0, n, m);
      evaluate(graph, [found, n, m], [1, 1, 1]);
      if (wanted.join() === found.join()) continue;
      throw new Error(
        `Seed ${seed} with n = ${n}, m = ${m}\n${source}\nstores ${wanted.join()}\nbut traced ${found.join()}\n${
          print(graph)
        }`,
      );
    }
  }
}

const permitted = Deno.permissions.querySync({ name: "env" }).state === "granted";
const setting = (name: string, fallback: number) =>
  Number((permitted ? Deno.env.get(name) : undefined) ?? fallback);

const first = setting("FIRST", 1), count = setting("COUNT", 150);

Deno.test(`random kernels do what JavaScript does (seeds ${first} to ${first + count - 1})`, () => {
  for (let seed = first; seed < first + count; seed++) compare(seed);
});
