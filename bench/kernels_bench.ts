/**
 * Every workload for `deno bench`, beside WGSL by hand:
 *
 *     deno bench -A bench/kernels_bench.ts --filter softmax
 *
 * An iteration is RUNS runs and one wait, which costs about 11 ms in Deno whatever the device does;
 * `deno task bench` takes the device's own clock and tells rates.
 */

import { Device } from "../mod.ts";
import { launcherOf } from "./handwritten.ts";
import { type Instance, sizeText } from "./workload.ts";
import { WORKLOADS } from "./workloads.ts";

const RUNS = 20;

const device = await Device.open({ device: "webgpu" });
const { software } = device.capabilities;

for (const workload of WORKLOADS) {
  for (const size of workload.sizes(software)) {
    const group = `${workload.name} ${size.dtype} ${sizeText(size)}, ${RUNS} runs`;
    // Tensors are made by the first bench of the group that is not filtered out.
    let made: Instance | undefined;
    const instance = () => made ??= workload.prepare(device, size, 1);
    const register = (side: string, baseline: boolean, launcher: () => () => void) =>
      Deno.bench({
        name: `${group}: ${side}`,
        group,
        baseline,
        async fn(b) {
          const launch = launcher();
          launch(); // compiles
          await device.synchronize();
          b.start();
          for (let i = 0; i < RUNS; i++) launch();
          await device.synchronize();
          b.end();
        },
      });
    register("nereid", true, () => instance().run);
    if (workload.byHand) {
      register("wgsl", false, () => launcherOf(device, instance().handwritten![0]!));
    }
  }
}
