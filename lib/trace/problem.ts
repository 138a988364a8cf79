/** What goes wrong while a kernel is traced, before it is known where in the source. */

/**
 * A mistake in a kernel. Thrown by what knows types and shapes but not the source; the tracer adds
 * the place that it is at and makes it a `CompilationError`.
 */
export class Problem extends Error {
  /**
   * @param message What failed, what was found and what was wanted.
   * @param remedy What to do.
   */
  constructor(message: string, readonly remedy?: string) {
    super(message);
  }
}
