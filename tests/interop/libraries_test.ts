/**
 * Nereid and other WebGPU libraries in one process, on one device and in the same memory.
 *
 * Each test runs a script, without a lock file: Deno fetches all that one names, and these libraries are
 * large. Where a library cannot be fetched its test says so and is not run.
 */

import { assert } from "../support/assert.ts";
import { hasGpu } from "../support/devices.ts";

function withLibrary(name: string, script: string, ...packages: string[]): void {
  Deno.test({
    name,
    ignore: !hasGpu,
    async fn() {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", "--no-lock", "--no-prompt", "--no-check"],
          new URL(script, import.meta.url).pathname,
          ...packages,
        ],
        env: { NO_COLOR: "1" },
      }).output();
      const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      if (code !== 0 && /error sending request|getting npm package|--cached-only/.test(error!)) {
        console.error(`not run: ${packages.join(" and ")} cannot be fetched`);
        return;
      }
      assert(code === 0 && out!.includes("shared"), `${out}\n${error}`);
    },
  });
}

withLibrary(
  "jax-js: Nereid reads and writes an array in place, between two operations of its own",
  "with_jax.ts",
  "npm:@jax-js/jax@0.1.25",
);

withLibrary(
  "TensorFlow.js: tensors of Nereid are its inputs, and its results are Nereid's, uncopied",
  "with_tensorflow.ts",
  "npm:@tensorflow/tfjs-core@4.22.0",
  "npm:@tensorflow/tfjs-backend-webgpu@4.22.0",
);
