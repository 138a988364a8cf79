// In a page there is no Deno: this stands in for what the bundled tests want of it, and runs them.
globalThis.Deno = {
  tests: [],
  test(name, fn) {
    this.tests.push(typeof name === "string" ? { name, fn } : name);
  },
  env: { get: (name) => (name === "NEREID_TEST_DEVICES" ? "webgpu" : undefined) },
};

/**
 * Runs tests of a bundle one after another: of each kernel two cases, since a GPU in software takes seconds to
 * compile one, and all others that compute something. Gives the names of those that ran, and what failed.
 */
globalThis.runTests = async (bundle) => {
  await import(bundle);
  const cases = Map.groupBy(
    Deno.tests.filter(({ name }) => name.includes("agrees with the reference")),
    ({ name }) => name.split("(")[0],
  );
  const chosen = [...cases.values()].flatMap((tests) => [tests[1], tests[tests.length >> 1]]);
  chosen.push(...Deno.tests.filter(({ name }) => name.startsWith("kernels of every syntax")));
  const ran = [], failures = [];
  for (const { name, fn, ignore } of new Set(chosen)) {
    try {
      if (ignore) throw new Error("ignored");
      await fn({});
      ran.push(name);
    } catch (error) {
      failures.push(`${name}: ${error?.stack ?? error}`);
    }
  }
  return { ran, failures };
};
