/** Words for messages: what a value is, and what somebody meant to write. */

/** A value as messages show it: strings quoted, objects by what they are. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "function":
      return value.name ? `the function ${value.name}` : "a function";
    case "object": {
      if (value === null) return "null";
      if (value instanceof Promise) return "a promise (is an await missing?)";
      if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
      const name = value.constructor?.name || "Object";
      return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
    }
    default:
      return String(value);
  }
}

/** How many letters must be added, removed or changed to make one word of another. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** A name as it compares: without case and underscores, so that `num_warps` is `numWarps`. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll("_", "");
}

/** The name that is nearest to `word`, when one is near enough to be meant. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined, least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const name of names) {
    const d = distance(plain(word), plain(name));
    if (d < least) [best, least] = [name, d];
  }
  return best;
}
