/**
 * A WGSL module for an invocation-level program, and what has to be bound to it.
 */

import { bool, type DType, type DTypeName, DTYPES, isWide, u32 } from "../ir/dtype.ts";
import type { Native } from "../ir/native.ts";
import { call } from "../ir/ops/row.ts";
import type {
  BufferUse,
  BuiltIn,
  Expr,
  InvocationFunction,
  InvocationProgram,
  MatrixType,
  OwnArray,
  SharedArray,
  Stmt,
} from "../ir/invocation.ts";
import { atomicItem } from "./atomics.ts";
import { BUILTIN_NAMES, ExpressionPrinter, Mentions } from "./expression.ts";
import { inlineSingleUses } from "./inline.ts";
import { bufferName, fieldName } from "./names.ts";
import { SPECIAL, typeText } from "./literal.ts";
import {
  FIRST_REPORT,
  FIRST_REPORT_FIELD,
  recordWords,
  reportFunction,
  REPORTS_TYPE,
} from "./reports.ts";
import { withoutUnused } from "./unused.ts";
import { scratchBytes, scratchPrologue, slotText } from "./scratch.ts";

/** How a module is to be written. */
export interface ModuleOptions {
  /** Whose compiler reads it: they differ in which `enable` lines they want. */
  readonly dialect: "naga" | "tint";
  /** What the device computes with. */
  readonly native: Native;
  readonly fold: GridFold;
}

/**
 * A grid with a dimension larger than a dispatch takes is dispatched as rows of at most 65,535 workgroups,
 * numbered through with x fastest. Programs then find out who they are: by a multiplication when
 * the grid is a line, by division when it has more dimensions.
 */
export type GridFold = "none" | "line" | "box";

/** Workgroups in a row of a folded grid at most: what any dispatch takes in a dimension. */
export const FOLD = 65_535;

/** A run-time number in the uniform buffer. */
export interface Uniform {
  /** A scalar parameter's name, or `num_programs_0`, `_1`, `_2`. */
  readonly name: string;
  readonly dtype: DTypeName;
  /** In bytes. */
  readonly offset: number;
}

export interface Module {
  readonly wgsl: string;
  /** By binding number; the uniform buffer, when there is one, comes after them. */
  readonly bindings: readonly { readonly param: string; readonly access: "read" | "read_write" }[];
  /** Bytes that each program needs of a buffer of its own, which is then the last of the bindings. */
  readonly scratchBytes: number;
  readonly uniforms: readonly Uniform[];
  readonly uniformBytes: number;
  /** For each place that tells the host something, the words of a record; their buffer is bound after the others. */
  readonly records: readonly number[];
}

export function printModule(program: InvocationProgram, options: ModuleOptions): Module {
  const mentions = new Mentions();
  const printer = new ExpressionPrinter(
    mentions,
    new Map(program.buffers.map((buffer) => [buffer.param, buffer])),
    options.native,
  );
  const statements = new StatementPrinter(printer, program.invocations, program.hidesRounds);
  const functions = program.functions.map((fn) => statements.function(fn));
  const body = statements.print(inlineSingleUses(withoutUnused(program.body)), 1);
  const prologue = printPrologue(mentions.builtins, options.fold);
  const uniforms = layOut(mentions);
  const lines: string[] = [];
  if (mentions.f16) lines.push("enable f16;");
  if ((mentions.subgroups || mentions.matrices) && options.dialect === "tint") {
    lines.push("enable subgroups;");
  }
  if (mentions.matrices) lines.push(...MATRIX_DIRECTIVES);
  if (lines.length > 0) lines.push("");
  if (uniforms.length > 0) {
    lines.push("struct Scalars {");
    for (const { name, dtype } of uniforms) {
      lines.push(`  ${uniformField(name)}: ${hostType(dtype, options.native)},`);
    }
    lines.push("}", "");
  }
  if (program.reports.length > 0) lines.push(REPORTS_TYPE, "");
  program.buffers.forEach((buffer, i) => {
    const { param, access } = buffer;
    lines.push(
      `@group(0) @binding(${i}) var<storage, ${access}> ${bufferName(param)}: array<${
        itemText(buffer, options.native)
      }>;`,
    );
  });
  if (program.slots > 0) {
    lines.push(
      `@group(0) @binding(${program.buffers.length}) var<storage, read_write> scratch: array<vec4<u32>>;`,
    );
  }
  const others = program.buffers.length + (program.slots > 0 ? 1 : 0);
  if (program.reports.length > 0) {
    lines.push(`@group(0) @binding(${others}) var<storage, read_write> reports: Reports;`);
  }
  if (uniforms.length > 0) {
    const binding = others + (program.reports.length > 0 ? 1 : 0);
    lines.push(`@group(0) @binding(${binding}) var<uniform> scalars: Scalars;`);
  }
  for (const array of [...program.shared, ...statements.uniformArrays]) {
    lines.push(`var<workgroup> ${array.name}: ${arrayType(array, printer)};`);
  }
  for (const name of mentions.special) {
    lines.push(`var<private> ${name}: u32 = 0x${SPECIAL[name].toString(16)}u;`);
  }
  for (const source of [...mentions.helpers.values(), ...new Set(functions)]) {
    lines.push("", source);
  }
  lines.push(
    "",
    `@compute @workgroup_size(${program.invocations})`,
    `fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32${
      program.slots > 0 || options.fold !== "none"
        ? ", @builtin(num_workgroups) workgroups: vec3<u32>"
        : ""
    }) {`,
    ...prologue,
    ...(program.hidesRounds ? [`  let ${HIDDEN_ZERO} = i32(workgroup.x >> 31u);`] : []),
    ...(program.slots > 0 ? [scratchPrologue(program.slots, program.invocations)] : []),
    ...body,
    "}",
    "",
  );
  return {
    wgsl: lines.join("\n"),
    bindings: [
      ...program.buffers.map(({ param, access }) => ({ param, access })),
      ...(program.slots > 0 ? [{ param: "#scratch", access: "read_write" as const }] : []),
    ],
    scratchBytes: scratchBytes(program.slots, program.invocations),
    uniforms,
    records: statements.records(program.reports.length),
    uniformBytes: Math.ceil(uniformEnd(uniforms) / 16) * 16,
  };
}

/** Declares the built-in values that are mentioned. */
function printPrologue(builtins: Set<BuiltIn>, fold: GridFold): string[] {
  const lines: string[] = [];
  const dimensions = { none: 0, line: 1, box: 3 }[fold];
  for (const axis of [0, 1, 2] as const) {
    if (axis < dimensions) builtins.add(`num_programs_${axis}`);
  }
  for (const axis of [0, 1, 2] as const) {
    const name = `num_programs_${axis}` as const;
    if (builtins.has(name)) {
      lines.push(`  let ${BUILTIN_NAMES[name]} = i32(scalars.${countName(name)});`);
    }
  }
  if (fold !== "none") {
    const [x, y, z] = ["x", "y", "z"].map((dim) => `num_programs_${dim}`);
    lines.push(
      "  let program = i32(workgroup.x + workgroup.y * workgroups.x);",
      `  if (program >= ${fold === "line" ? x : `${x} * ${y} * ${z}`}) {`,
      "    return;",
      "  }",
    );
    const folded = fold === "line"
      ? ["program", "0", "0"]
      : [`program % ${x}`, `program / ${x} % ${y}`, `program / (${x} * ${y})`];
    folded.forEach((text, axis) => {
      const name = `program_${axis as 0 | 1 | 2}` as const;
      if (builtins.has(name)) lines.push(`  let ${BUILTIN_NAMES[name]} = ${text};`);
    });
  } else {
    for (const [axis, dim] of [[0, "x"], [1, "y"], [2, "z"]] as const) {
      const name = `program_${axis}` as const;
      if (builtins.has(name)) lines.push(`  let ${BUILTIN_NAMES[name]} = i32(workgroup.${dim});`);
    }
  }
  if (builtins.has("invocation")) lines.push(`  let ${BUILTIN_NAMES.invocation} = i32(index);`);
  return lines;
}

/** Bytes that a field of the uniform buffer takes, which is also what its offset must be a multiple of. */
function uniformBytes(dtype: DTypeName): number {
  return Math.max(4, DTYPES[dtype].bytes);
}

/** Where the last field ends. */
function uniformEnd(uniforms: readonly Uniform[]): number {
  const last = uniforms.at(-1);
  return last ? last.offset + uniformBytes(last.dtype) : 0;
}

/** A place for each parameter and grid size that is mentioned, one after the other. */
function layOut({ parameters, builtins, reports }: Mentions): Uniform[] {
  const counts = ([0, 1, 2] as const).map((axis) => `num_programs_${axis}` as const)
    .filter((name) => builtins.has(name));
  const fields: readonly Omit<Uniform, "offset">[] = [
    ...[...parameters].map(([name, dtype]) => ({ name, dtype: dtype as DTypeName })),
    ...counts.map((name) => ({ name, dtype: "u32" as const })),
    ...(reports ? [{ name: FIRST_REPORT, dtype: "u32" as const }] : []),
  ];
  const uniforms: Uniform[] = [];
  for (const field of fields) {
    const bytes = uniformBytes(field.dtype);
    uniforms.push({ ...field, offset: Math.ceil(uniformEnd(uniforms) / bytes) * bytes });
  }
  return uniforms;
}

/** The field for a number of the uniform buffer. */
function uniformField(name: string): string {
  if (name === FIRST_REPORT) return FIRST_REPORT_FIELD;
  return name.startsWith("num_programs_") ? countName(name) : fieldName(name);
}

/** The field for a grid size. */
function countName(name: string): string {
  return `count_of_${name}`;
}

/** The type in a uniform buffer of a scalar parameter. */
function hostType(dtype: DTypeName, native: Native): string {
  if (isWide(DTYPES[dtype]) && !native.int64) return "vec2<u32>";
  const { register } = DTYPES[dtype];
  return register === "bool" ? "u32" : register === "f16" ? "f32" : register;
}

/** The type of one item of a buffer's array. */
function itemText(buffer: BufferUse, native: Native): string {
  const { dtype, width, packed, atomic, words } = buffer;
  if (words) return "vec4<u32>";
  if (packed) return atomic ? "atomic<u32>" : "u32";
  if (atomic) return `atomic<${atomicItem(buffer)}>`;
  if (isWide(dtype) && !native.int64) return `vec${2 * width}<u32>`;
  return typeText({ dtype, width }, native);
}

function arrayType({ type, dims, atomic }: SharedArray, printer: ExpressionPrinter): string {
  const text = printer.itemText(type), item = atomic ? `atomic<${text}>` : text;
  return dims.toReversed().reduce((inner, dim) => `array<${inner}, ${dim}>`, item);
}

/** Of a loop over 64-bit integers, whether it goes on, and the next number. */
function wideSteps({ name, end, step }: Stmt & { kind: "for" }): [more: Expr, next: Expr] {
  const { type } = step, i: Expr = { kind: "name", name, type };
  const operation = (op: "lt" | "gt" | "add" | "select", args: readonly Expr[], dtype: DType) =>
    ({ kind: "op", op, args, attributes: {}, type: { dtype, width: 1 } }) as const;
  const [below, above] = (["lt", "gt"] as const).map((op) => operation(op, [i, end], bool));
  const zero: Expr = { kind: "literal", value: 0n, type };
  const more = step.kind === "literal"
    ? step.value < 0 ? above! : below!
    : operation("select", [operation("gt", [step, zero], bool), below!, above!], bool);
  return [more, operation("add", [i, step], type.dtype)];
}

/**
 * What a module with matrices begins with. That control flow is the same in all invocations of a
 * subgroup is Nereid's to see to; the compiler's own analysis cannot follow all of it.
 */
const MATRIX_DIRECTIVES = [
  "enable chromium_experimental_subgroup_matrix;",
  "diagnostic(off, chromium.subgroup_matrix_uniformity);",
];

const MAJOR = { row: "row_major", column: "col_major" } as const;

function matrixType({ role, dtype, rows, columns }: MatrixType): string {
  return `subgroup_matrix_${role}<${dtype.name}, ${columns}, ${rows}>`;
}
/** The name of a 0 that compilers cannot know. */
const HIDDEN_ZERO = "hidden_zero";
/** Slots that a round of a loop copies. */
const COPIED_AT_ONCE = 8;
const ZERO_SLOT = "vec4<u32>()";

class StatementPrinter {
  readonly uniformArrays: SharedArray[] = [];
  readonly #records = new Map<number, number>();

  constructor(
    readonly printer: ExpressionPrinter,
    readonly invocations: number,
    readonly hidesRounds: boolean,
  ) {}

  /** The end of a loop's count. */
  #end(end: Expr): string {
    const text = this.printer.print(end);
    return end.kind === "literal" ? this.#hidden(text) : text;
  }

  #hidden(number: string): string {
    return this.hidesRounds ? `${number} + ${HIDDEN_ZERO}` : number;
  }

  /** Declares an array of the invocation's own. */
  #ownArray(array: OwnArray & { readonly from?: string }, indent: string): string[] {
    const { name, type, length, slot, from } = array, { printer } = this;
    if (slot === undefined) {
      const start = from ? ` = ${from}` : `: array<${printer.itemText(type)}, ${length}>`;
      return [`${indent}var ${name}${start};`];
    }
    const component = printer.typeText({ ...type, width: 1 });
    printer.scratch.set(name, {
      first: slot,
      component,
      width: type.width,
      invocations: this.invocations,
    });
    return from ? this.#copy(array, indent) : []; // what is not put into a stack is not taken out
  }

  #copy(
    { name, type, length, slot, from }: OwnArray & { readonly from?: string },
    indent: string,
  ): string[] {
    const { printer } = this, own = printer.scratch.get(name);
    if (slot === undefined || !own) {
      return [`${indent}${name} = ${from ?? `array<${printer.itemText(type)}, ${length}>()`};`];
    }
    const source = from && printer.scratch.get(from);
    const step = length % COPIED_AT_ONCE === 0 ? COPIED_AT_ONCE : 1;
    const lines = [
      `${indent}for (var slot = 0; slot < ${this.#hidden(`${length}`)}; slot += ${step}) {`,
    ];
    for (let i = 0; i < step; i++) {
      const at = i === 0 ? "slot" : `slot + ${i}`;
      lines.push(`${indent}  ${slotText(own, at)} = ${source ? slotText(source, at) : ZERO_SLOT};`);
    }
    return [...lines, `${indent}}`];
  }

  /** The name of the type of the function that is printed, when it has several results. */
  #result = "";

  /** The text of a function. */
  function(fn: InvocationFunction): string {
    const params = fn.params.map(({ name, type }) => `${name}: ${this.printer.typeText(type)}`);
    const [first, ...others] = fn.results.map((type) => this.printer.typeText(type));
    const lines: string[] = [];
    for (const { dtype } of [...fn.params.map(({ type }) => type), ...fn.results]) {
      this.printer.note(dtype);
    }
    this.#result = others.length === 0 ? first! : `Result_of_${fn.name}`;
    if (others.length > 0) {
      const fields = [first, ...others].map((type, i) => `  r${i}: ${type},`);
      lines.push(`struct ${this.#result} {`, ...fields, "}", "");
    }
    if ("text" in fn && fn.declares !== "") lines.push(fn.declares, "");
    const body = "text" in fn
      ? fn.text.split("\n").map((line) => `  ${line.trim()}`)
      : this.print(inlineSingleUses(fn.body), 1);
    lines.push(`fn ${fn.name}(${params.join(", ")}) -> ${this.#result} {`, ...body, "}");
    return lines.join("\n");
  }

  /** The words of a record of each of so many places. */
  records(places: number): number[] {
    return Array.from({ length: places }, (_, site) => this.#records.get(site) ?? recordWords(0));
  }

  print(stmts: readonly Stmt[], depth: number): string[] {
    return stmts.flatMap((stmt) => this.#statement(stmt, depth));
  }

  /** The array and the offset of a matrix in workgroup memory. */
  #matrixPlace({ place }: Stmt & { kind: "load_matrix" | "store_matrix" }): string {
    const { array, indices, offset } = place;
    return `&${this.printer.shared(array, indices)}, ${offset}u`;
  }

  #statement(stmt: Stmt, depth: number): string[] {
    const indent = "  ".repeat(depth), { printer } = this;
    switch (stmt.kind) {
      case "let":
        return [`${indent}let ${stmt.name} = ${printer.bare(stmt.value)};`];
      case "var":
        return [
          `${indent}var ${stmt.name}${
            stmt.value ? ` = ${printer.bare(stmt.value)}` : `: ${printer.typeText(stmt.type)}`
          };`,
        ];
      case "array":
        return this.#ownArray(stmt, indent);
      case "copy":
        return this.#copy(stmt, indent);
      case "assign":
        return [`${indent}${stmt.name} = ${printer.bare(stmt.value)};`];
      case "store": {
        return [`${indent}${printer.store(stmt.base, stmt.index, stmt.value)};`];
      }
      case "add_shared": {
        const place = printer.shared(stmt.array, stmt.indices);
        const text = `atomicAdd(&${place}, ${printer.bare(stmt.value)})`;
        return [`${indent}${stmt.result ? `${stmt.result} = ${text}` : text};`];
      }
      case "atomic": {
        const name = printer.atomicFunction(stmt.op, stmt.base);
        const args = [stmt.index, ...(stmt.compare ? [stmt.compare] : []), stmt.value];
        const text = call(name, args.map((arg) => printer.print(arg)));
        return [`${indent}${stmt.result ? `${stmt.result} = ${text}` : text};`];
      }
      case "store_shared":
        if (stmt.atomic) {
          const place = printer.shared(stmt.array, stmt.indices);
          return [`${indent}atomicStore(&${place}, ${printer.bare(stmt.value)});`];
        }
        return [`${indent}${printer.setElement(stmt.array, stmt.indices, stmt.value)};`];
      case "if": {
        if (stmt.then.length === 0) {
          return [
            `${indent}if (!(${printer.bare(stmt.condition)})) {`,
            ...this.print(stmt.otherwise, depth + 1),
            `${indent}}`,
          ];
        }
        const lines = [
          `${indent}if (${printer.bare(stmt.condition)}) {`,
          ...this.print(stmt.then, depth + 1),
        ];
        if (stmt.otherwise.length > 0) {
          lines.push(`${indent}} else {`, ...this.print(stmt.otherwise, depth + 1));
        }
        return [...lines, `${indent}}`];
      }
      case "for": {
        const { name, step } = stmt;
        if (isWide(step.type.dtype)) {
          const [more, next] = wideSteps(stmt).map((x) => printer.bare(x));
          return [
            `${indent}for (var ${name} = ${
              printer.bare(stmt.start)
            }; ${more}; ${name} = ${next}) {`,
            ...this.print(stmt.body, depth + 1),
            `${indent}}`,
          ];
        }
        const end = this.#end(stmt.end), by = printer.print(step);
        const more = step.kind === "literal"
          ? `${name} ${step.value < 0 ? ">" : "<"} ${end}`
          : call("select", [`(${name} > ${end})`, `(${name} < ${end})`, `(${by} > 0)`]);
        return [
          `${indent}for (var ${name} = ${printer.bare(stmt.start)}; ${more}; ${name} += ${by}) {`,
          ...this.print(stmt.body, depth + 1),
          `${indent}}`,
        ];
      }
      case "loop":
        return [
          `${indent}loop {`,
          ...this.print(stmt.head, depth + 1),
          `${indent}  if (!(${printer.bare(stmt.condition)})) {`,
          `${indent}    break;`,
          `${indent}  }`,
          ...this.print(stmt.body, depth + 1),
          `${indent}}`,
        ];
      case "uniform": {
        const array = `${stmt.name}_shared`;
        this.uniformArrays.push({ name: array, type: stmt.value.type, dims: [] });
        printer.mentions.builtins.add("invocation");
        return [
          `${indent}if (${BUILTIN_NAMES.invocation} == 0) {`,
          `${indent}  ${array} = ${printer.item(stmt.value)};`,
          `${indent}}`,
          `${indent}let ${stmt.name} = workgroupUniformLoad(&${array})${
            stmt.value.type.dtype === bool ? " != 0u" : ""
          };`,
        ];
      }
      case "any": {
        // Each warp says whether it is true in one of its lanes, and all read what all warps say.
        const { name, lanes } = stmt, array = `${name}_shared`, votes = `${name}_votes`;
        const warps = this.invocations / lanes;
        this.uniformArrays.push({ name: array, type: { dtype: u32, width: 1 }, dims: [warps] });
        printer.mentions.builtins.add("invocation");
        printer.mentions.subgroups = true;
        const { invocation } = BUILTIN_NAMES;
        const each = Array.from({ length: warps }, (_, i) => `${votes}[${i}]`);
        return [
          `${indent}let ${name}_here = subgroupAny(${printer.bare(stmt.value)});`,
          `${indent}if ((${invocation} & ${lanes - 1}) == 0) {`,
          `${indent}  ${array}[${invocation} >> ${Math.log2(lanes)}u] = u32(${name}_here);`,
          `${indent}}`,
          `${indent}let ${votes} = workgroupUniformLoad(&${array});`,
          `${indent}let ${name} = (${each.join(" | ")}) != 0u;`,
        ];
      }
      case "matrix":
        printer.mentions.matrices = true;
        return [`${indent}var ${stmt.name} = ${matrixType(stmt.type)}();`];
      case "load_matrix": {
        const { type, major, stride } = stmt.place;
        const load = `subgroupMatrixLoad<${matrixType(type)}, ${MAJOR[major]}>`;
        const start = `${indent}${stmt.again ? "" : "let "}${stmt.name}`;
        return [`${start} = ${load}(${this.#matrixPlace(stmt)}, ${stride}u);`];
      }
      case "multiply_matrices": {
        const { left, right, sum } = stmt;
        return [
          `${indent}${sum} = subgroupMatrixMultiplyAccumulate(${left}, ${right}, ${sum});`,
        ];
      }
      case "store_matrix": {
        const { major, stride } = stmt.place;
        const place = this.#matrixPlace(stmt);
        return [
          `${indent}subgroupMatrixStore<${MAJOR[major]}>(${place}, ${stmt.name}, ${stride}u);`,
        ];
      }
      case "phase":
        return this.print(stmt.body, depth);
      case "call": {
        const text = call(stmt.callee, stmt.args.map((arg) => printer.print(arg)));
        const [first, ...others] = stmt.results;
        if (others.length === 0) return [`${indent}let ${first} = ${text};`];
        const all = `${first}_all`;
        return [
          `${indent}let ${all} = ${text};`,
          ...stmt.results.map((name, i) => `${indent}let ${name} = ${all}.r${i};`),
        ];
      }
      case "return": {
        const values = stmt.values.map((value) => printer.bare(value));
        const all = values.length === 1 ? values[0]! : `${this.#result}(${values.join(", ")})`;
        return [`${indent}return ${all};`];
      }
      case "report": {
        const { mentions } = printer, [name, source] = reportFunction(stmt.words.length);
        mentions.reports = true;
        mentions.helpers.set(name, source);
        this.#records.set(stmt.site, recordWords(stmt.words.length));
        const program = ([0, 1, 2] as const).map((axis) => {
          mentions.builtins.add(`program_${axis}`);
          return BUILTIN_NAMES[`program_${axis}`];
        });
        const rest = [stmt.index, ...stmt.words].map((x) => printer.print(x));
        return [`${indent}${call(name, [`${stmt.site}u`, ...program, ...rest])};`];
      }
      case "barrier":
        return [`${indent}${stmt.scope}Barrier();`];
    }
  }
}
