/** Finds operations that compute what another has computed already. */

import type { Op, Value } from "../ir/graph.ts";
import type { LinearLayout } from "../layout/linear_layout.ts";
import { attributeText } from "../ir/print.ts";
import { typeText } from "../ir/type.ts";
import { ValueIds } from "./value_ids.ts";

/** What has been computed, region by region: inner ones see what outer ones have. */
export class CommonValues {
  #scopes: Map<string, Value>[] = [new Map()];
  readonly #ids = new ValueIds();
  #layouts = new Map<LinearLayout, string>();

  /** Runs `body`; what is added meanwhile is forgotten afterwards. */
  inside<T>(body: () => T): T {
    this.#scopes.push(new Map());
    try {
      return body();
    } finally {
      this.#scopes.pop();
    }
  }

  /** The value of an equal operation in reach. */
  find(op: Op, operands: readonly Value[]): Value | undefined {
    const key = this.#key(op, operands);
    return this.#scopes.findLast((scope) => scope.has(key))?.get(key);
  }

  add(op: Op, operands: readonly Value[], value: Value): void {
    this.#scopes.at(-1)!.set(this.#key(op, operands), value);
  }

  #key(op: Op, operands: readonly Value[]): string {
    const attributes = Object.keys(op.attributes).sort()
      .map((name) => `${name}=${attributeText(op.attributes[name]!)}`);
    const type = typeText(op.result.type, (layout) => this.#layout(layout));
    return [op.name, ...operands.map((operand) => this.#ids.of(operand)), ...attributes, type].join(
      " ",
    );
  }

  #layout(layout: LinearLayout): string {
    let text = this.#layouts.get(layout);
    if (text === undefined) this.#layouts.set(layout, text = layout.toString());
    return text;
  }
}
