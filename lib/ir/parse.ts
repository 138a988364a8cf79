/**
 * Reads the text form of graphs that `print.ts` describes. Comments run from `//` to the line's end.
 *
 * The text says the type of every result, so that graphs can be read which the verifier rejects;
 * only that names are defined before they are used is checked here.
 */

import { LinearLayout } from "../layout/linear_layout.ts";
import { dtypeNamed, isWide, type Numeric } from "./dtype.ts";
import { type Attribute, Graph, type Location, Op, type Param, Region, Value } from "./graph.ts";
import { isOpName, type OpName, OPS } from "./ops.ts";
import { shownByType } from "./print.ts";
import { dtypeOf, type Element, scalar, tile, type Type } from "./type.ts";

/** Where and why a text is no graph. Lines and columns count from 1. */
export class ParseError extends Error {
  constructor(message: string, readonly line: number, readonly column: number) {
    super(`${message} (line ${line}, column ${column})`);
  }
}

/** Reads one kernel. Throws `ParseError`. */
export function parse(text: string): Graph {
  return new Parser(text).graph();
}

interface Token {
  readonly kind: "value" | "word" | "number" | "string" | "layout" | "mark" | "end";
  readonly text: string;
  readonly at: number;
}

const TOKEN = new RegExp(
  [
    /(?<blank>(?:\s|\/\/[^\n]*)+)/u,
    /(?<value>%[\p{ID_Continue}$]+)/u,
    /(?<type>(?:tile|ptr)<)/u,
    /(?<layout>#\d+)/u,
    /(?<number>-?(?:inf\b|\d+(?:\.\d+)?(?:e[+-]?\d+)?)|nan\b)/u,
    /(?<word>[\p{ID_Start}_$][\p{ID_Continue}$]*)/u,
    /(?<string>"(?:[^"\\]|\\.)*")/u,
    /(?<mark>[@(){}[\],:=>])/u,
  ].map(({ source }) => source).join("|"),
  "uy",
);

class Parser {
  #position = 0;
  #token!: Token;
  #values = new Map<string, Value>();
  #layouts = new Map<string, LinearLayout>();
  #kernel = "";

  constructor(readonly text: string) {
    this.#advance();
  }

  graph(): Graph {
    while (this.#is("layout")) this.#alias();
    this.#word("kernel");
    this.#mark("@");
    this.#kernel = this.#take("word", "the kernel's name").text;
    const params = this.#list("(", ")", () => this.#param());
    const body = this.#block([]);
    if (!this.#is("end")) this.#fail(`There is more after the kernel: '${this.#token.text}'`);
    return new Graph(this.#kernel, params, body);
  }

  /** `#0 = 4x4 register (0,1) (2,0) lane (0,2) (1,0) warp`, the only thing that ends with its line. */
  #alias(): void {
    const { text, at } = this.#token;
    const [line, layout] = /[^\n]*?=([^\n]*)/y.exec(this.text.slice(at)) ?? [];
    if (layout === undefined) return this.#fail(`The layout ${text} needs '=' and what it is`);
    try {
      this.#layouts.set(text, LinearLayout.parse(layout));
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
    this.#position = at + line!.length;
    this.#advance();
  }

  /** `%x: ptr<x:f32> {divisibility = 16}` */
  #param(): Param {
    const { text } = this.#token, value = this.#parameter();
    const attributes = this.#attributes();
    const divisibility = attributes["divisibility"] ?? 1;
    if (typeof divisibility !== "number") return this.#fail("The divisibility is not a number");
    return { name: text.slice(1), value, divisibility };
  }

  /** `%x: f32`, defined from here on. */
  #parameter(): Value {
    const name = this.#take("value", "a parameter");
    this.#mark(":");
    const value = new Value(this.#type());
    this.#define(name, value);
    return value;
  }

  /** `{`, operations, what they yield, `}` */
  #block(params: readonly Value[]): Region {
    const ops: Op[] = [];
    let yields: Value[] = [];
    this.#mark("{");
    while (!this.#skip("}")) {
      if (this.#skip("yield")) {
        yields = this.#uses();
        this.#mark("}");
        break;
      }
      ops.push(this.#op());
    }
    return new Region(params, ops, yields);
  }

  #op(): Op {
    const names: Token[] = [];
    if (this.#is("value")) {
      do names.push(this.#take("value", "a result")); while (this.#skip(","));
      this.#mark("=");
    }
    const start = this.#token, name = this.#take("word", "an operation").text;
    if (!isOpName(name)) return this.#fail(`There is no operation '${name}'`, start.at);
    const number = this.#is("number") ? this.#take("number", "a number").text : undefined;
    const isPlainFor = name === "for" && this.#isAssignment();
    const { operands, params } = isPlainFor
      ? this.#forOperands()
      : { operands: this.#uses(), params: undefined };
    const written = this.#attributes();
    const types: Type[] = [];
    if (names.length > 0) {
      this.#mark(":");
      do types.push(this.#type()); while (this.#skip(","));
      if (types.length !== names.length) {
        this.#fail(`${names.length} results have ${types.length} types`, start.at);
      }
    }
    const value = number === undefined ? {} : { value: numericOf(number, types[0]) };
    const attributes = { ...value, ...written };
    let location = this.#location();
    const regions = params ? [this.#forBody(params, operands[0]!, types)] : this.#regions(name);
    location ??= this.#location();
    const op = new Op(name, operands, shown(name, attributes, types), regions, types, location);
    names.forEach((token, i) => this.#define(token, op.results[i]!, op));
    return op;
  }

  /** True when a value comes next and then `=`. */
  #isAssignment(): boolean {
    return this.#is("value") && /\s*=/y.test(this.text.slice(this.#position));
  }

  /** `%i = %start to %end step %step, %acc = %init`: operands, and the names of parameters. */
  #forOperands(): { operands: Value[]; params: Token[] } {
    const params = [this.#take("value", "the loop's index")];
    this.#mark("=");
    const operands = [this.#use()];
    this.#word("to");
    operands.push(this.#use());
    this.#word("step");
    operands.push(this.#use());
    while (this.#skip(",")) {
      params.push(this.#take("value", "a carried value"));
      this.#mark("=");
      operands.push(this.#use());
    }
    return { operands, params };
  }

  #forBody(names: readonly Token[], start: Value, types: readonly Type[]): Region {
    if (names.length !== types.length + 1) {
      return this.#fail(
        `The loop carries ${names.length - 1} values, but has ${types.length} types`,
      );
    }
    const params = names.map((name, i) => {
      const value = new Value(i === 0 ? start.type : types[i - 1]!);
      this.#define(name, value);
      return value;
    });
    return this.#block(params);
  }

  /** The regions of an operation, each after its name: `combine(%a: f32, %b: f32) { … }` */
  #regions(name: OpName): Region[] {
    return (OPS[name].regions ?? []).map((region) => {
      this.#word(region);
      return this.#block(
        this.#is("mark", "(") ? this.#list("(", ")", () => this.#parameter()) : [],
      );
    });
  }

  /** `loc(3:12)` or `loc(helper 3:12)` */
  #location(): Location | undefined {
    if (!this.#skip("loc")) return undefined;
    this.#mark("(");
    const name = this.#is("word") ? this.#take("word", "a function").text : this.#kernel;
    const line = this.#number();
    this.#mark(":");
    const column = this.#number();
    this.#mark(")");
    return { function: name, source: "", line, column };
  }

  /** `{axis = 0, order = [1, 0]}`, or nothing */
  #attributes(): Record<string, Attribute> {
    // A block's brace is told from that of attributes by what follows.
    if (!this.#is("mark", "{") || !/\s*[\w$]+\s*=[^=]/y.test(this.text.slice(this.#position))) {
      return {};
    }
    const entries = this.#list("{", "}", (): [string, Attribute] => {
      const name = this.#take("word", "an attribute").text;
      this.#mark("=");
      return [name, this.#attribute()];
    });
    return Object.fromEntries(entries);
  }

  #attribute(): Attribute {
    if (this.#is("mark", "[")) return this.#list("[", "]", () => this.#number());
    if (this.#is("string")) return JSON.parse(this.#take("string", "").text) as string;
    if (this.#skip("true")) return true;
    if (this.#skip("false")) return false;
    return this.#number();
  }

  #number(): number {
    return Number(numericOf(this.#take("number", "a number").text));
  }

  /** `f32`, `ptr<x:f32>`, `tile<64x32xf32>`, `tile<64xptr<x:f32>, #0>` */
  #type(): Type {
    const { at } = this.#token;
    const text = /(?:tile<[^<>]*(?:<[^<>]*>)?[^<>]*>|ptr<[^<>]*>|\w+)/y.exec(this.text.slice(at))
      ?.[0];
    if (text === undefined) return this.#fail("A type is missing");
    const [, shape, element, layout] = /^tile<((?:\d+x)*)([^,]+)(?:,\s*(#\d+))?>$/.exec(text) ??
      [undefined, "", text];
    this.#position = at + text.length;
    this.#advance();
    if (text === element) return scalar(this.#element(element, at));
    const dims = shape!.split("x").slice(0, -1).map(Number);
    if (layout !== undefined && !this.#layouts.has(layout)) {
      this.#fail(`There is no layout ${layout}`, at);
    }
    return tile(
      dims,
      this.#element(element!, at),
      layout && this.#layouts.get(layout) || undefined,
    );
  }

  #element(text: string, at: number): Element {
    const [, base, name = text] = /^ptr<([^:]+):(\w+)>$/.exec(text) ?? [];
    const dtype = dtypeNamed(name);
    if (!dtype) return this.#fail(`There is no type '${text}'`, at);
    return base === undefined ? dtype : { pointee: dtype, base };
  }

  /** Values on the line that has been read so far: an operation without any is followed by another. */
  #uses(): Value[] {
    const values: Value[] = [];
    const { at } = this.#token, line = this.text.lastIndexOf("\n", at - 1) + 1;
    if (!this.#is("value") || this.text.slice(line, at).trim() === "") return values;
    do values.push(this.#use()); while (this.#skip(","));
    return values;
  }

  #use(): Value {
    const { text, at } = this.#take("value", "a value");
    return this.#values.get(text) ?? this.#fail(`There is no value ${text}`, at);
  }

  /** Names that the printer would give a value anyway are no hints. */
  #define({ text, at }: Token, value: Value, op?: Op): void {
    if (this.#values.has(text)) this.#fail(`There are two values ${text}`, at);
    this.#values.set(text, value);
    const name = text.slice(1);
    const given = /^\d+$/.test(name) ||
      (op?.name === "constant" && /^c\d+(_\d+)?$/.test(name));
    if (!given) value.hint = name;
  }

  #list<T>(open: string, close: string, item: () => T): T[] {
    const items: T[] = [];
    this.#mark(open);
    if (this.#skip(close)) return items;
    do items.push(item()); while (this.#skip(","));
    this.#mark(close);
    return items;
  }

  #is(kind: Token["kind"], text?: string): boolean {
    return this.#token.kind === kind && (text === undefined || this.#token.text === text);
  }

  /** Takes a word or mark if it comes next. */
  #skip(text: string): boolean {
    if (!this.#is("mark", text) && !this.#is("word", text)) return false;
    this.#advance();
    return true;
  }

  #take(kind: Token["kind"], what: string): Token {
    const token = this.#token;
    if (token.kind !== kind) {
      return this.#fail(`Expected ${what}, found '${token.text || "the end"}'`);
    }
    this.#advance();
    return token;
  }

  #mark(text: string): void {
    if (!this.#skip(text)) {
      this.#fail(`Expected '${text}', found '${this.#token.text || "the end"}'`);
    }
  }

  #word(text: string): void {
    this.#mark(text);
  }

  /** Reads the next token. */
  #advance(): void {
    for (;;) {
      const at = this.#position;
      if (at >= this.text.length) {
        this.#token = { kind: "end", text: "", at };
        return;
      }
      TOKEN.lastIndex = at;
      const groups = TOKEN.exec(this.text)?.groups;
      if (!groups) return this.#fail(`Unexpected '${this.text[at]}'`, at);
      const [group, text] = Object.entries(groups).find(([, text]) => text !== undefined)!;
      this.#position += text!.length;
      if (group === "blank") continue;
      this.#token = { kind: (group === "type" ? "word" : group) as Token["kind"], text: text!, at };
      return;
    }
  }

  #fail(message: string, at = this.#token.at): never {
    const before = this.text.slice(0, at).split("\n");
    throw new ParseError(message, before.length, before.at(-1)!.length + 1);
  }
}

/** Attributes, with those that the printer leaves out because the result's type shows them. */
function shown(
  name: OpName,
  attributes: Readonly<Record<string, Attribute>>,
  [type]: readonly Type[],
): Record<string, Attribute> {
  const result: Record<string, Attribute> = { ...attributes };
  for (const key of Object.keys(OPS[name].attributes ?? {})) {
    const implied = type && shownByType(key, type);
    if (implied !== undefined) result[key] ??= implied;
  }
  return result;
}

/** What a number's text stands for where the type is this one. */
function numericOf(text: string, type?: Type): Numeric {
  if (type && isWide(dtypeOf(type)) && /^-?\d+$/.test(text)) return BigInt(text);
  return text === "nan" ? NaN : Number(text.replace("inf", "Infinity"));
}
