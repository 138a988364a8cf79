/** `cli.ts doctor`: what the machine offers, and whether a kernel comes out right. */

import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { hasGpu, INSTALL } from "../support/devices.ts";
import { cli, NO_ADAPTER } from "./support.ts";

Deno.test({
  name: "doctor describes the adapter, runs a kernel, and exits with 0" +
    (hasGpu ? "" : `: no adapter, ${INSTALL}`),
  ignore: !hasGpu,
  fn: async () => {
    const { code, stdout } = await cli("doctor");
    assertMatch(stdout, /maxStorageBufferBindingSize +[\d.]+ [MG]iB/);
    assertMatch(stdout, /shader-f16 +(granted|refused)/);
    assertMatch(stdout, /the same kernel on WebGPU +ok/);
    assertMatch(stdout, /a wait for the GPU +ok +[\d.]+ ms/);
    assertEquals(code, 0);
  },
});

Deno.test({
  name: "doctor says what to install where there is no adapter, and exits with 1",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const { code, stdout } = await cli("doctor", NO_ADAPTER);
    assertStringIncludes(stdout, "apt-get install mesa-vulkan-drivers");
    assertMatch(stdout, /a kernel on the CPU device +ok/);
    assertEquals(code, 1);
  },
});
