/** The names of what a module declares for parameters. */

/** The name of a buffer's variable. */
export function bufferName(param: string): string {
  return `buffer_of_${identifier(param)}`;
}

/** The name of a scalar parameter's field. */
export function fieldName(param: string): string {
  return `value_of_${identifier(param)}`;
}

/** A name of JavaScript as one of WGSL; two that differ stay different. */
function identifier(name: string): string {
  return name.replace(
    /[^A-Za-z0-9]/g,
    (c) => (c === "_" ? "_" : `_${c.codePointAt(0)!.toString(16)}`),
  );
}
