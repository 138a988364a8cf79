/** What devices and tensors are told, where it is wrong: nothing of it may be ignored. */

import { Device, DeviceError, LaunchError, Tensor } from "../../mod.ts";
import { assertEquals, assertMatch, assertRejects } from "../support/assert.ts";
import { onDevices, onGpu } from "../support/devices.ts";

/** What the type checker would not let pass. */
// deno-lint-ignore no-explicit-any
type Any = any;

Deno.test("options of a device that do not exist, or are of a wrong kind, are refused", async () => {
  const cases: [Any, RegExp][] = [
    [
      { sanitise: true },
      /with the option 'sanitise': Device\.open takes device, .*; did you mean 'sanitize'\?$/,
    ],
    [{ memoryLimit: NaN }, /with memoryLimit NaN: it must be a positive number of bytes$/],
    [{ memoryLimit: "1GB" }, /with memoryLimit "1GB": it must be a positive number of bytes$/],
    [{ memoryLimit: -1 }, /with memoryLimit -1: /],
    [
      { cache: "./kernels" },
      /cache "\.\/kernels": it must be a cache, such as new DiskCache\(folder\)$/,
    ],
    [{ print: "x" }, /print "x": it must be a function that takes a text$/],
    [{ debug: 1 }, /debug 1: it must be true or false$/],
    [{ without: "shader-f16" }, /without "shader-f16": it must be an array of some of subgroups, /],
    [{ without: ["shader-f17"] }, /without \["shader-f17"\]: it must be an array of some of /],
    [{ powerPreference: "fast" }, /"fast": it must be 'high-performance' or 'low-power'$/],
    ["cpu", /with "cpu": options are an object, such as \{ debug: true \}$/],
    [null, /with null: options are an object/],
  ];
  for (const [options, message] of cases) {
    const error = await assertRejects(() => Device.open(options), DeviceError);
    assertMatch(error.message, message);
  }
  // Those that are left undefined are not given.
  using device = await Device.open({ device: "cpu", memoryLimit: undefined, cache: undefined });
  assertEquals(device.kind, "cpu");
});

onDevices("what is no GPUDevice becomes no device", async (device) => {
  for (
    const [gpu, what] of [
      [undefined, "undefined"],
      [{}, "an Object"],
      [device, "a Device"],
      [Promise.resolve(), "a promise (is an await missing?)"],
    ] as const
  ) {
    const error = await assertRejects(() => Device.from(gpu as Any), DeviceError);
    assertEquals(
      error.message.startsWith(`Cannot make a device of ${what}: pass a GPUDevice`),
      true,
    );
  }
});

onGpu(
  "of somebody else's GPUDevice, options that only its maker has are refused",
  async (device) => {
    const error = await assertRejects(
      () => Device.from(device.gpu, { without: ["shader-f16"] } as Any),
      DeviceError,
    );
    assertMatch(error.message, /the option 'without': Device\.from takes memoryLimit, cache, /);
  },
);

onDevices("numbers that are none are refused, and not made NaN of", async (device) => {
  using x = device.full([2], 1);
  const loose = device as Any, tensor = x as Any;
  const cases: [() => unknown, string][] = [
    [() => tensor.write("ab"), `Cannot write "ab" to the ${x}: pass an array of its 2 elements`],
    [() => tensor.write(undefined), `Cannot write undefined to the ${x}: pass an array of its`],
    [() => tensor.write(["1", "2"]), `Cannot make an element of "1" (at 0): elements are numbers`],
    [() => tensor.write([1, undefined]), "Cannot make an element of undefined (at 1)"],
    [
      () => tensor.write([[1], [2]]),
      "Cannot make an element of [1] (at 0): elements are numbers; flatten nested arrays",
    ],
    [() => tensor.writeBytes([1, 2]), `Cannot write [1, 2] to the ${x}: pass an ArrayBuffer`],
    [() => loose.full([2], "1"), `Cannot fill a tensor with "1": elements are numbers`],
    [() => loose.full([2]), "Cannot fill a tensor with undefined"],
    [() => loose.from(["a"]), `Cannot make an element of "a" (at 0)`],
    [() => loose.from([[1, null]], { dtype: "i32" }), "Cannot make an element of null (at 1)"],
    [() => loose.from(["a"], { dtype: "bf16" }), `Cannot make an element of "a" (at 0)`],
    [() => loose.arange("5"), `shape ["5"]: dimension 0 is "5", it must be a non-negative integer`],
    [() => loose.rand([2], { seed: "x" }), `Cannot use the seed "x"`],
    [() => loose.profile(5), "Cannot profile 5: pass a function that launches"],
    [
      () => Tensor.over({} as Any, { shape: [1] } as Any),
      "its device is undefined; pass { device } whose GPUDevice made the buffer",
    ],
  ];
  for (const [act, message] of cases) {
    await assertRejects(async () => void await act(), LaunchError, message);
  }
  assertEquals([...await x.read()], [1, 1]);
  using booleans = loose.from([[true], [false]]);
  assertEquals([...await booleans.read()], [1, 0]);
});
