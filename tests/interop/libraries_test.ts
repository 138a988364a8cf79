/**
 * Nereid and other WebGPU libraries in one process, on one device and in the same memory.
 *
 * Each test runs a script, without a lock file: Deno fetches all that one names, and these libraries are
 * large. Where a library cannot be fetched its test says so and is not run.
 */

import { assert } from "../support/assert.ts";
import { hasGpu } from "../support/devices.ts";

/** A library, and what Deno must be told to run it. */
interface Library {
  readonly script: string;
  readonly packages: readonly string[];
  /** Whether it is too large to be fetched for a test: it is used where it is there. */
  readonly large?: boolean;
}

function withLibrary(name: string, { script, packages, large = false }: Library): void {
  Deno.test({
    name,
    ignore: !hasGpu,
    async fn() {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", "--no-lock", "--no-prompt", "--no-check"],
          ...large ? ["--cached-only"] : [],
          new URL(script, import.meta.url).pathname,
          ...packages,
        ],
        env: { NO_COLOR: "1" },
      }).output();
      const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      if (code !== 0 && /error sending request|getting npm package|--cached-only/.test(error!)) {
        const how = large
          ? `has not been fetched: deno cache --no-lock ${packages}`
          : "cannot be fetched";
        console.error(`not run: ${packages.join(" and ")} ${how}`);
        return;
      }
      assert(code === 0 && out!.includes("shared"), `${out}\n${error}`);
    },
  });
}

withLibrary(
  "jax-js: Nereid reads and writes an array in place, between two operations of its own",
  { script: "with_jax.ts", packages: ["npm:@jax-js/jax@0.1.25"] },
);

withLibrary(
  "TensorFlow.js: tensors of Nereid are its inputs, and its results are Nereid's, uncopied",
  {
    script: "with_tensorflow.ts",
    packages: ["npm:@tensorflow/tfjs-core@4.22.0", "npm:@tensorflow/tfjs-backend-webgpu@4.22.0"],
  },
);

withLibrary(
  "jax-js and TensorFlow.js: what one makes goes through Nereid to the other and back, on one device",
  {
    script: "with_both.ts",
    packages: [
      "npm:@jax-js/jax@0.1.25",
      "npm:@tensorflow/tfjs-core@4.22.0",
      "npm:@tensorflow/tfjs-backend-webgpu@4.22.0",
    ],
  },
);

withLibrary(
  "ONNX Runtime: a model's inputs are tensors of Nereid, and its output becomes one",
  { script: "with_onnxruntime.ts", packages: ["npm:onnxruntime-web@1.30.0/webgpu"], large: true },
);
