/**
 * Variables, and a journal of what is written to them.
 *
 * A region (a branch, a loop's body) is traced as an attempt: what it writes to variables, arrays
 * and objects that were there before is recorded and undone, and whoever asked decides what becomes
 * of it: it is merged with the other branch's, or carried round the loop, or dropped.
 */

/** A variable. `value` is `UNSET` before its declaration has run. */
export class Binding {
  value: unknown = UNSET;
  constructor(readonly name: string, readonly kind: "let" | "const" | "var" | "parameter") {}
}

/** A variable whose declaration has not run yet. */
export const UNSET = Symbol("unset");

/** A property that is not there. */
export const ABSENT = Symbol("absent");

/** The variables of a block, within those of the blocks around it. */
export class Scope {
  readonly #bindings = new Map<string, Binding>();

  constructor(readonly parent?: Scope | undefined) {}

  lookup(name: string): Binding | undefined {
    return this.#bindings.get(name) ?? this.parent?.lookup(name);
  }

  /** The binding of this block itself. */
  own(name: string): Binding | undefined {
    return this.#bindings.get(name);
  }

  add(binding: Binding): void {
    this.#bindings.set(binding.name, binding);
  }
}

/** Something that can be written to: a variable (its `value`), or a property of an array or object. */
export interface Place {
  readonly holder: object;
  readonly key: string;
}

/** A place that an attempt wrote to, with what it held before and at the end. */
export interface Write extends Place {
  readonly before: unknown;
  readonly after: unknown;
}

interface Frame {
  readonly start: number;
  readonly before: Map<object, Map<string, unknown>>;
}

export function read({ holder, key }: Place): unknown {
  return Object.hasOwn(holder, key) ? Reflect.get(holder, key) : ABSENT;
}

export class Journal {
  #clock = 0;
  readonly #births = new WeakMap<object, number>();
  readonly #frames: Frame[] = [];

  /** Takes note of a new variable, array or object of the kernel's; returns it. */
  born<T extends object>(holder: T): T {
    this.#births.set(holder, ++this.#clock);
    return holder;
  }

  /** True for what the kernel made itself, and may change. */
  owns(holder: object): boolean {
    return this.#births.has(holder);
  }

  write(holder: object, key: string, value: unknown): void {
    const frame = this.#frames.at(-1);
    // What was born within the attempt needs no record: nothing from before refers to it.
    if (frame && this.#births.get(holder)! <= frame.start) {
      let before = frame.before.get(holder);
      if (!before) frame.before.set(holder, before = new Map());
      if (!before.has(key)) before.set(key, read({ holder, key }));
    }
    put({ holder, key }, value);
  }

  /** Runs `body`, undoes what it wrote to what was there before, and tells what that was. */
  attempt<T>(body: () => T): { readonly result: T; readonly writes: readonly Write[] } {
    const frame: Frame = { start: this.#clock, before: new Map() };
    this.#frames.push(frame);
    const writes: Write[] = [];
    try {
      return { result: body(), writes };
    } finally {
      this.#frames.pop();
      for (const [holder, keys] of frame.before) {
        for (const [key, before] of keys) {
          const place = { holder, key };
          writes.push({ ...place, before, after: read(place) });
        }
      }
      for (const write of writes) put(write, write.before);
    }
  }
}

function put({ holder, key }: Place, value: unknown): void {
  if (value === ABSENT) Reflect.deleteProperty(holder, key);
  else Reflect.set(holder, key, value);
}
