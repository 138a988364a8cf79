/**
 * What tracing a kernel has at hand at any moment: where it is in the source, the graph under
 * construction, the journal of writes, and the function that is being traced.
 *
 * Evaluating expressions (`expressions.ts`) and calling functions (`functions.ts`) need each other and
 * are needed by everything else; they are reached through here.
 */

import type * as acorn from "npm:acorn@8.15.0";
import { CompilationError } from "../errors.ts";
import { Builder } from "../ir/builder.ts";
import { DTYPES } from "../ir/dtype.ts";
import { type Location, Value } from "../ir/graph.ts";
import { type Environment } from "./environment.ts";
import { Problem } from "./problem.ts";
import { Binding, Journal, type Scope } from "./scope.ts";
import { Semantics } from "./semantics.ts";
import { locationOf, type Source } from "./source.ts";
import { describe, NOTHING } from "./values.ts";

/** How far control has got, as far as is known: yes, no, or a bool at run time. */
export type Flag = boolean | Value;

/** The loop that `break` and `continue` speak of. */
export interface LoopFrame {
  /** Set by `break`; a {@linkcode Flag}. */
  readonly broke: Binding;
  /** Set by `continue`, cleared at the end of each iteration. */
  readonly continued: Binding;
}

/** A call that is being traced. */
export interface FunctionFrame {
  readonly source: Source;
  readonly environment: Environment;
  readonly self: unknown;
  readonly caller: Location | undefined;
  readonly depth: number;
  /** Set by `return`; a {@linkcode Flag}. */
  readonly returned: Binding;
  /** What is returned; NOTHING before. */
  readonly result: Binding;
  loop: LoopFrame | undefined;
}

/** The parts of the interpreter that need each other. */
export interface Visitors {
  evaluate(t: Tracer, node: acorn.Expression, scope: Scope): unknown;
  /** Calls a function: a closure, an operation of `tl`, or one of the host's, which is inlined. */
  call(t: Tracer, fn: unknown, args: readonly unknown[], self?: unknown): unknown;
}

/** Calls may nest this deep; a kernel that needs more calls itself. */
const MAX_DEPTH = 64;

export class Tracer {
  readonly builder = new Builder();
  readonly journal = new Journal();
  readonly semantics = new Semantics(this.builder);
  /** What `tl.staticPrint` said. A loop's body may be traced more than once: retries drop theirs. */
  readonly prints: string[] = [];
  /** Whether assertions are checked. */
  debug = false;
  /** How many regions entered on run-time conditions are open. */
  conditional = 0;
  /** The node that is being traced. */
  site: { readonly start: number; readonly end: number };

  constructor(
    public frame: FunctionFrame,
    readonly visitors: Visitors,
  ) {
    this.site = frame.source.node;
  }

  evaluate(node: acorn.Expression, scope: Scope): unknown {
    return this.visitors.evaluate(this, node, scope);
  }

  call(fn: unknown, args: readonly unknown[], self?: unknown): unknown {
    return this.visitors.call(this, fn, args, self);
  }

  /** Names a node as where tracing is: operations and errors from now on are its. */
  at(node: { readonly start: number; readonly end: number }): void {
    this.site = node;
    this.builder.location = this.location();
  }

  location(): Location {
    return locationOf(this.frame.source, this.site, this.frame.caller);
  }

  /** An error at the current place. */
  error(problem: Error): CompilationError {
    if (problem instanceof CompilationError) return problem;
    return new CompilationError({
      problem: problem.message,
      remedy: problem instanceof Problem ? problem.remedy : undefined,
      location: this.location(),
    });
  }

  /** A variable of the tracer's own, that branches and loops carry like those of the kernel. */
  hidden(name: string, value: unknown): Binding {
    const binding = this.journal.born(new Binding(name, "let"));
    binding.value = value;
    return binding;
  }

  assign(binding: Binding, value: unknown): void {
    this.journal.write(binding, "value", value);
    if (value instanceof Value) value.hint ??= binding.name;
  }

  /** A new array or object of the kernel's. */
  own<T extends object>(container: T): T {
    return this.journal.born(container);
  }

  /** Runs `body` in a frame of its own. */
  enter<T>(
    callee: Pick<FunctionFrame, "source" | "environment" | "self">,
    body: (frame: FunctionFrame) => T,
  ): T {
    const outer = this.frame, site = this.site;
    if (outer.depth >= MAX_DEPTH) {
      throw new Problem(
        `Calls nest more than ${MAX_DEPTH} deep: ${callee.source.name} seems to call itself`,
        "Write a loop: functions are inlined, so they cannot recurse at run time",
      );
    }
    this.frame = {
      ...callee,
      ...flags(this.journal),
      caller: this.location(),
      depth: outer.depth + 1,
      loop: undefined,
    };
    const result = body(this.frame);
    // When `body` throws, the frame stays, so that the error knows where it arose.
    this.frame = outer;
    this.at(site);
    return result;
  }

  /** The flags that say whether control has left the current statement list. */
  flags(): readonly Binding[] {
    const { returned, loop } = this.frame;
    return loop ? [returned, loop.broke, loop.continued] : [returned];
  }

  /** Whether control has left the current statement list. */
  left(): Flag {
    const values = this.flags().map(({ value }) => value);
    if (values.includes(true)) return true;
    const unsure = values.filter((value) => value instanceof Value);
    if (unsure.length === 0) return false;
    return unsure.reduce((a, b) => this.semantics.logical("||", a, b));
  }

  /** A condition that decides which statements run: known now, or a scalar bool. */
  condition(x: unknown, what: string): Flag {
    if (!(x instanceof Value)) return Boolean(x);
    if (x.type.shape.length > 0) {
      throw new Problem(
        `${what} is ${describe(x)}, which is true for some elements and false for others`,
        "Choose elementwise with tl.where(condition, a, b), or reduce it to one value: tl.max(condition, null)",
      );
    }
    if (x.type.element !== DTYPES.bool && "pointee" in x.type.element) {
      throw new Problem(
        `${what} is a pointer, which has no truth value`,
        "A tensor that may be left out is undefined then: compare it with undefined",
      );
    }
    return this.semantics.truth(x);
  }
}

/** The flags of a new call. */
export function flags(journal: Journal): Pick<FunctionFrame, "returned" | "result"> {
  const returned = journal.born(new Binding("returned", "let"));
  returned.value = false;
  const result = journal.born(new Binding("result", "let"));
  result.value = NOTHING;
  return { returned, result };
}
