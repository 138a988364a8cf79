/** Thrown when what was written on the command line cannot be done; its message says why. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
