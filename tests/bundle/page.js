// In a page there is no Deno: this stands in for what the bundled tests want of it, and runs them.
globalThis.Deno = {
  tests: [],
  test(name, fn) {
    this.tests.push(typeof name === "string" ? { name, fn } : name);
  },
  env: { get: (name) => (name === "NEREID_TEST_DEVICES" ? "webgpu" : undefined) },
};

/** Runs the tests of a bundle one after another; gives the number that ran, and those that failed. */
globalThis.runTests = async (bundle) => {
  await import(bundle);
  const failures = [];
  let ran = 0;
  for (const { name, fn, ignore } of Deno.tests) {
    if (ignore) {
      if (!name.includes("(cpu)")) failures.push(`ignored: ${name}`);
      continue;
    }
    ran++;
    try {
      await fn({});
    } catch (error) {
      failures.push(`${name}: ${error?.stack ?? error}`);
    }
  }
  return { ran, failures };
};
