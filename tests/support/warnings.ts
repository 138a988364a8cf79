/** What `body` says through `console.warn`, which stays silent meanwhile. */
export async function warningsOf(body: () => void | Promise<void>): Promise<unknown[]> {
  const warnings: unknown[] = [], { warn } = console;
  console.warn = (warning: unknown) => warnings.push(warning);
  try {
    await body();
  } finally {
    console.warn = warn;
  }
  return warnings;
}
