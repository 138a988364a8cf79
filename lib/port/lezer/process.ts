/** Where `process` is kept while it is hidden. */

export const hidden: { process: PropertyDescriptor | undefined } = { process: undefined };
