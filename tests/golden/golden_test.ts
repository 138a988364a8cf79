/**
 * Every golden case on the CPU: a case may fail for want of an operation or dtype that Nereid does not
 * have, and for nothing else, save the few listed here.
 */

import { Device } from "../../mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { compare, type OutputRecord, readGolden } from "./format.ts";
import { runCase } from "./run_case.ts";

/** Cases whose results differ, and why. */
const DIFFERENT: Readonly<Record<string, string>> = {};

/** What a launch says that needs an operation, an option or a dtype that is not there. */
const WANTING =
  /^(tl has no '|tl\.\w+ has no option|Cannot make a tensor of dtype|tl\.dot multiplies|Tensor descriptors made on the host)/;

Deno.test("golden cases agree with Triton on the CPU", async () => {
  using device = await Device.open({ device: "cpu" });
  const wrong: string[] = [];
  let passed = 0;
  for (const { cases, data } of await readGolden(new URL("./", import.meta.url))) {
    for (const golden of cases) {
      const outcome = await runCase(golden, data, device);
      if (outcome.stage === "passed") {
        passed++;
        if (golden.name in DIFFERENT) wrong.push(`${golden.name} agrees: list it no more`);
      } else if (outcome.stage === "compare") {
        if (!(golden.name in DIFFERENT)) {
          wrong.push(`${golden.name}: ${JSON.stringify(outcome.differences)}`);
        }
      } else if (outcome.stage !== "launch" || !WANTING.test(outcome.why)) {
        wrong.push(`${golden.name}: ${outcome.stage}: ${outcome.why}`);
      }
    }
  }
  assertEquals(wrong, []);
  assert(passed >= 229, `Only ${passed} cases pass`);
});

Deno.test("a comparison of outputs follows the rules of the format", () => {
  const record = (dtype: string, exact: boolean, atol = 0, rtol = 0): OutputRecord => ({
    ...{ name: "y", dtype, shape: [2], offset: 0, bytes: 8 },
    ...{ exact, atol, rtol },
  });
  assertEquals(compare(record("f32", true), [NaN, -0], [NaN, -0]), undefined);
  assertEquals(compare(record("f32", true), [0, 1], [-0, 1])?.count, 1);
  assertEquals(compare(record("f32", false, 0, 0.1), [1.05, Infinity], [1, Infinity]), undefined);
  assertEquals(compare(record("f32", false, 0, 0.1), [1.2, NaN], [1, 1])?.count, 2);
  assertEquals(compare(record("i64", true), [2n, 3n], [2n, 4n])?.first[0]?.index, 1);
  assertEquals(compare(record("i32", true), [1], [1, 2])?.count, 1);
});
