/** Whose WebGPU a device is opened through. */

import { Device, DeviceError } from "../../mod.ts";
import { assertMatch, assertRejects } from "../support/assert.ts";
import { runWithDawn, whyNoDawn } from "../support/dawn.ts";

const MOD = JSON.stringify(new URL("../../mod.ts", import.meta.url).href);

const noDawn = await whyNoDawn();

/** Declares a test that needs Dawn. */
function withDawn(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: noDawn ? `${name}: ${noDawn}` : name, ignore: noDawn !== undefined, fn });
}

Deno.test("options that contradict each other, or name no provider, are refused", async () => {
  await assertRejects(
    () => Device.open({ device: "cpu", provider: "dawn" }),
    DeviceError,
    "Cannot open the CPU device through Dawn",
  );
  await assertRejects(
    () => Device.open({ provider: "wgpu" as "host" }),
    DeviceError,
    "Cannot open a device of the provider 'wgpu': providers are 'host' and 'dawn'",
  );
});

withDawn("a kernel runs through Dawn, and the process ends by itself", async () => {
  const output = await runWithDawn(
    `import { Device, grid, jit, tl } from ${MOD};
     const double = jit(function double(x) {
       const places = x + tl.arange(0, 64);
       tl.store(places, 2 * tl.load(places));
     });
     const device = await Device.open({ provider: "dawn" });
     const x = device.arange(64, { dtype: "f32" });
     for (let i = 0; i < 3; i++) double[grid(1)](x);
     console.log(device.capabilities.dialect, (await x.read())[63]);`,
    ...["--allow-ffi", "--allow-env", "--allow-read"],
  );
  assertMatch(output, /^tint 504$/m);
});

withDawn("without permission for a native module, the error names the flags", async () => {
  const output = await runWithDawn(
    `import { Device } from ${MOD};
     await Device.open({ provider: "dawn" }).catch((error) => console.log(error.name, error.message));`,
    ...["--allow-env", "--allow-read"],
  );
  assertMatch(
    output,
    /^DeviceError Cannot load Dawn: .*run with --allow-ffi --allow-env --allow-read$/m,
  );
});
