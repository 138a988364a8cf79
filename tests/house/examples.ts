/** Runs the examples of the reference: see `tools/reference.ts` for how they are written. */

import { parse as parseScript } from "npm:acorn@8.15.0";
import { type Device, jit, type TensorDType, tl } from "../../mod.ts";
import type { Example } from "../../tools/reference.ts";

/** Numbers in arrays of any depth, or one. */
export type Nested = number | readonly Nested[];

interface Input {
  readonly name: string;
  readonly kind: "tile" | "pointer" | "constant";
  readonly dtype: TensorDType;
  readonly value: Nested;
}

interface Wanted {
  readonly kind: "gives" | "makes" | "prints" | "passes";
  readonly text: string;
}

/** What an example is given, and what is to come of it. */
function parse(spec: string): { inputs: Input[]; wanted: Wanted } {
  const [, given, kind, text] = /^(.*?)\s*\b(gives|makes|prints|passes)\b\s*(.*)$/.exec(spec) ?? [];
  if (kind === undefined) throw new Error(`An example says '// ${spec}'`);
  const inputs = given!.split(";").map((part) => part.trim()).filter((part) => part !== "").map(
    (part): Input => {
      const [, pointer, name, dtype, value] = /^(ptr )?(\w+)(?:: (\w+))? = (.*)$/.exec(part) ?? [];
      if (value === undefined) throw new Error(`An example is given '${part}'`);
      const nested = numbers(value);
      return {
        name: name!,
        kind: pointer ? "pointer" : Array.isArray(nested) ? "tile" : "constant",
        dtype: (dtype ?? "f32") as TensorDType,
        value: nested,
      };
    },
  );
  return { inputs, wanted: { kind: kind as Wanted["kind"], text: text! } };
}

function numbers(text: string): Nested {
  const plain = text.replace(/-?Infinity|NaN/g, (name) => `"${name}"`)
    .replace(/\btrue\b/g, "1").replace(/\bfalse\b/g, "0");
  return JSON.parse(plain, (_, x) => typeof x === "string" ? Number(x) : x);
}

function shapeOf(x: Nested): number[] {
  return Array.isArray(x) ? [x.length, ...shapeOf(x[0]!)] : [];
}

function flat(x: Nested): number[] {
  return Array.isArray(x) ? x.flatMap(flat) : [x as number];
}

/** The program of an example: reads the tiles, runs the code, stores what it gives. */
function kernelOf(code: string, inputs: readonly Input[], results: number) {
  const tensors = inputs.filter(({ kind }) => kind !== "constant");
  const outs = Array.from({ length: Math.max(results, 1) }, (_, i) => `out${i}`);
  const params = [...tensors.map(({ name }) => `${name}_memory`), ...outs];
  const lines = [
    "const at = (shape) => shape.length === 0 ? 0 :" +
    " tl.reshape(tl.arange(0, shape.reduce((n, dim) => n * dim, 1)), shape);",
  ];
  for (const { name, kind, value } of inputs) {
    if (kind === "constant") lines.push(`const ${name} = ${value};`);
    else if (kind === "pointer") lines.push(`const ${name} = ${name}_memory;`);
    else {
      const shape = JSON.stringify(shapeOf(value));
      lines.push(`const ${name} = tl.load(${name}_memory + at(${shape}));`);
    }
  }
  const start = parseScript(code, { ecmaVersion: "latest" }).body.at(-1)!.start;
  const last = code.slice(start).replace(/;\s*$/, "");
  lines.push(code.slice(0, start));
  if (results === 0) {
    lines.push(`${last};`);
  } else {
    lines.push(`const given = ${last};`, "const list = Array.isArray(given) ? given : [given];");
    outs.forEach((out, i) =>
      lines.push(
        `const r${i} = tl.cast(list[${i}], DTYPE);`,
        `tl.store(${out} + at(r${i}.shape), r${i});`,
      )
    );
  }
  const text = `function example(${[...params, "{ DTYPE }"].join(", ")}) {\n${lines.join("\n")}\n}`;
  // deno-lint-ignore no-explicit-any -- the parameters are those of the example
  return jit(new Function(`return ${text}`)() as (...args: any[]) => void);
}

/** What is wrong with an example, when anything is, and what came of it. */
export async function runExample(
  { code, spec }: Example,
  device: Device,
  printed: readonly string[],
): Promise<{ readonly got: string; readonly wanted: string; readonly same: boolean }> {
  const { inputs, wanted } = parse(spec);
  const values = wanted.kind === "gives" ? wanted.text.split(" and ").map(numbers) : [];
  const out: TensorDType = device.kind === "cpu" ? "f64" : "f32";
  const tensors = inputs.filter(({ kind }) => kind !== "constant").map((input) => ({
    ...input,
    tensor: device.from(flat(input.value) as number[], { dtype: input.dtype as "f32" }),
  }));
  const outs = (values.length > 0 ? values : [0]).map((value) =>
    device.empty([Math.max(flat(value).length, 1024)], { dtype: out })
  );
  const kernel = kernelOf(code, inputs, values.length);
  const { log } = console;
  const said: string[] = [];
  console.log = (text: string) => void said.push(text);
  try {
    kernel.launch(
      [1],
      ...[...tensors.map(({ tensor }) => tensor), ...outs] as never[],
      { DTYPE: tl[out as "f32"], debug: true } as never,
    );
    await device.synchronize();
  } finally {
    console.log = log;
  }
  const lines = [...said, ...printed].join(" ");
  const reads = await Promise.all(outs.map((tensor) => tensor.read()));
  const changed = await Promise.all(tensors.map(({ tensor }) => tensor.read()));
  for (const tensor of [...outs, ...tensors.map(({ tensor }) => tensor)]) tensor.dispose();
  if (wanted.kind === "passes") return { got: "", wanted: "", same: true };
  if (wanted.kind === "prints") {
    return { got: lines, wanted: wanted.text, same: lines === wanted.text };
  }
  if (wanted.kind === "makes") {
    const [name, text] = wanted.text.split(" = ") as [string, string];
    const i = tensors.findIndex((tensor) => tensor.name === name);
    const got = Array.from(changed[i]!, Number), want = flat(numbers(text));
    return { got: textOf(got), wanted: text, same: close(got, want) };
  }
  const got = values.map((value, i) => Array.from(reads[i]!.slice(0, flat(value).length), Number));
  return {
    got: got.map((list) => textOf(list)).join(" and "),
    wanted: wanted.text,
    same: got.every((list, i) => close(list, flat(values[i]!))),
  };
}

function textOf(list: readonly number[]): string {
  const short = (x: number) => Number.isInteger(x) ? x : Number(x.toPrecision(5));
  return `[${list.map((x) => String(short(x))).join(", ")}]`;
}

function close(got: readonly number[], want: readonly number[]): boolean {
  return got.length === want.length &&
    got.every((x, i) =>
      Object.is(x, want[i]) || Math.abs(x - want[i]!) <= 1e-6 + 1e-4 * Math.abs(want[i]!)
    );
}
