/** Numbers for values, which stand for them in texts. */

import type { Value } from "../ir/graph.ts";

export class ValueIds {
  readonly #ids = new Map<Value, number>();

  of(value: Value): number {
    let id = this.#ids.get(value);
    if (id === undefined) this.#ids.set(value, id = this.#ids.size);
    return id;
  }
}
