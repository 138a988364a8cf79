/**
 * The format of golden cases: kernels of Triton with their inputs, and the outputs that real Triton
 * computed. A directory holds pairs of files, `name.json` and `name.bin`; `README.md` here has the
 * whole description.
 */

/** A tensor of a case: where its bytes stand. */
export interface TensorRecord {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly bytes: number;
  readonly initial_contents_of_output?: boolean;
}

/** An output, with how near one has to come. */
export interface OutputRecord extends TensorRecord {
  readonly atol: number;
  readonly rtol: number;
  readonly exact: boolean;
}

/** A number of the file, which knows whether it was written as a float. */
export class Written {
  constructor(readonly value: number, readonly isFloat: boolean) {}
}

/** One kernel with its data. */
export interface GoldenCase {
  readonly name: string;
  readonly group: string;
  readonly tags: readonly string[];
  readonly source: string;
  readonly entry: string;
  readonly grid: readonly number[];
  readonly args: readonly string[];
  readonly params: Readonly<Record<string, Written | string | boolean | null>>;
  readonly host_tensor_descriptors?: Readonly<Record<string, readonly number[]>>;
  readonly inputs: readonly TensorRecord[];
  readonly outputs: readonly OutputRecord[];
}

/** The cases of one pair of files. */
export interface GoldenSet {
  readonly name: string;
  readonly cases: readonly GoldenCase[];
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Reads every pair of files in a directory. */
export async function readGolden(directory: URL): Promise<GoldenSet[]> {
  const sets: GoldenSet[] = [];
  const names: string[] = [];
  for await (const { name } of Deno.readDir(directory)) {
    if (name.endsWith(".json")) names.push(name.slice(0, -".json".length));
  }
  for (const name of names.sort()) {
    const text = await Deno.readTextFile(new URL(`${name}.json`, directory));
    const parsed = parse(text);
    if (!Array.isArray(parsed.cases)) continue;
    const data = await Deno.readFile(new URL(`${name}.bin`, directory));
    sets.push({ name, cases: parsed.cases, data });
  }
  return sets;
}

/** Parses JSON; the numbers in `params` stay as they were written, since 1.0 is no integer there. */
function parse(text: string): { cases?: GoldenCase[] } {
  const reviver = function (this: unknown, key: string, value: unknown, context?: unknown) {
    const source = (context as { source?: string } | undefined)?.source;
    if (key === "params" && typeof value === "object") return value;
    if (typeof value !== "number" || source === undefined) return value;
    return new Written(value, /[.eE]/.test(source));
  };
  const raw = JSON.parse(text, reviver) as unknown;
  return unwrap(raw, false) as { cases?: GoldenCase[] };
}

/** Numbers outside of `params` as plain numbers. */
function unwrap(value: unknown, keep: boolean): unknown {
  if (value instanceof Written) return keep ? value : value.value;
  if (Array.isArray(value)) return value.map((item) => unwrap(item, keep));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, unwrap(item, keep || key === "params")]),
  );
}

/** The elements of a tensor as numbers; 64-bit integers as bigints. */
export function decode(record: TensorRecord, data: Uint8Array<ArrayBuffer>): number[] | bigint[] {
  const { dtype, offset, bytes } = record;
  const buffer = data.buffer.slice(data.byteOffset + offset, data.byteOffset + offset + bytes);
  return decodeBuffer(dtype, buffer);
}

/** Bytes of a dtype as numbers. */
export function decodeBuffer(dtype: string, buffer: ArrayBuffer): number[] | bigint[] {
  switch (dtype) {
    case "f32":
      return [...new Float32Array(buffer)];
    case "f16":
      return [...new Float16Array(buffer)];
    case "i8":
      return [...new Int8Array(buffer)];
    case "u8":
    case "bool":
      return [...new Uint8Array(buffer)];
    case "i16":
      return [...new Int16Array(buffer)];
    case "u16":
      return [...new Uint16Array(buffer)];
    case "i32":
      return [...new Int32Array(buffer)];
    case "u32":
      return [...new Uint32Array(buffer)];
    case "i64":
      return [...new BigInt64Array(buffer)];
    case "u64":
      return [...new BigUint64Array(buffer)];
    case "bf16":
      return [
        ...new Float32Array(Uint32Array.from(new Uint16Array(buffer), (x) => x << 16).buffer),
      ];
    case "f8e4m3":
      return Array.from(new Uint8Array(buffer), (bits) => smallFloat(bits, 3, 7, true));
    case "f8e5m2":
      return Array.from(new Uint8Array(buffer), (bits) => smallFloat(bits, 2, 15, false));
    default:
      throw new Error(`Unknown dtype '${dtype}' in golden data`);
  }
}

/** An 8-bit float: e4m3 has no infinity and one NaN; e5m2 is like the larger ones. */
function smallFloat(bits: number, mantissa: number, bias: number, finite: boolean): number {
  const sign = bits & 0x80 ? -1 : 1;
  const exponent = (bits & 0x7f) >> mantissa, fraction = bits & ((1 << mantissa) - 1);
  if (finite ? (bits & 0x7f) === 0x7f : exponent === 31) {
    return finite || fraction !== 0 ? NaN : sign * Infinity;
  }
  const scale = fraction / (1 << mantissa);
  return sign * (exponent === 0 ? scale * 2 ** (1 - bias) : (1 + scale) * 2 ** (exponent - bias));
}

/** What is wrong with an output: how many elements, and the first few. */
export interface Difference {
  readonly output: string;
  readonly count: number;
  readonly total: number;
  readonly first: readonly {
    readonly index: number;
    readonly got: unknown;
    readonly want: unknown;
  }[];
}

/** Compares an output with what Triton computed; undefined when they agree. */
export function compare(
  record: OutputRecord,
  got: ArrayLike<number | bigint>,
  want: ArrayLike<number | bigint>,
): Difference | undefined {
  const wrong: number[] = [];
  for (let i = 0; i < want.length; i++) {
    if (!agree(record, got[i], want[i]!)) wrong.push(i);
  }
  if (wrong.length === 0) return undefined;
  const first = wrong.slice(0, 4).map((index) => ({ index, got: got[index], want: want[index] }));
  return { output: record.name, count: wrong.length, total: want.length, first };
}

function agree(
  { dtype, exact, atol, rtol }: OutputRecord,
  got: number | bigint | undefined,
  want: number | bigint,
): boolean {
  if (got === undefined) return false;
  if (!/^(f|bf)/.test(dtype)) {
    return got === want || Number(got) === Number(want) && dtype === "bool";
  }
  const g = Number(got), w = Number(want);
  if (Number.isNaN(g) || Number.isNaN(w)) return Number.isNaN(g) && Number.isNaN(w);
  if (exact) return Object.is(g, w);
  return g === w || Math.abs(g - w) <= atol + rtol * Math.abs(w);
}
