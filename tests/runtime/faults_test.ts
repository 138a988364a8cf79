/**
 * Faults, forced on purpose. Each gives the error that is promised, and the next correct launch works.
 */

import {
  cdiv,
  CompilationError,
  Device,
  DeviceError,
  grid,
  jit,
  LaunchError,
  type NereidError,
  OutOfResourcesError,
  type Pointer,
  Tensor,
  tl,
} from "../../mod.ts";
import { WebGpuBackend } from "../../lib/runtime/webgpu.ts";
import { describe } from "../../lib/runtime/adapter.ts";
import type { GpuStorage } from "../../lib/runtime/gpu_storage.ts";
import type { Program } from "../../lib/runtime/program.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "../support/assert.ts";
import { hasGpu, onDevices, onGpu } from "../support/devices.ts";

const add = jit(
  function add(x: Pointer, y: Pointer, out: Pointer, n: number, { BLOCK = 16 }) {
    const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK), mask = at < n;
    tl.store(out + at, tl.load(x + at, { mask }) + tl.load(y + at, { mask }), { mask });
  },
);

const scale = jit(function scale(x: Pointer, factor: number = tl.f32) {
  const at = tl.arange(0, 16);
  tl.store(x + at, tl.load(x + at) * factor);
});

/** The same kernel for tests that pass what the type checker would not let them. */
type Loose = Record<string, (...args: unknown[]) => void> & {
  launch: (...args: unknown[]) => void;
};
const loose = add as unknown as Loose, looseScale = scale as unknown as Loose;

/** Tensors for a launch, and the launch that must work whatever went before. */
async function works(device: Device): Promise<void> {
  using x = device.full([20], 1), y = device.full([20], 2), out = device.zeros([20]);
  add[grid(cdiv(20, 16))](x, y, out, 20);
  assertEquals(new Set(await out.read()), new Set([3]));
}

// deno-lint-ignore no-explicit-any
type ErrorClass = abstract new (...args: any[]) => NereidError;

interface Fault {
  readonly name: string;
  /** The device that can have it; both unless given. */
  readonly only?: "webgpu";
  readonly act: (
    given: { device: Device; x: Tensor<"f32">; y: Tensor<"f32">; out: Tensor<"f32"> },
  ) => unknown;
  readonly error: ErrorClass;
  readonly message: RegExp;
}

const FAULTS: readonly Fault[] = [
  {
    name: "too few arguments",
    act: ({ x, y }) => loose["1"]!(x, y),
    error: LaunchError,
    message:
      /^Cannot launch 'add' with 2 arguments: 'out' is missing, as it takes add\(x, y, out, n, \{ BLOCK \}\)$/,
  },
  {
    name: "too many arguments",
    act: ({ x, y, out }) => loose["1"]!(x, y, out, 4, 5),
    error: LaunchError,
    message: /with 5 arguments: it takes 4 arguments/,
  },
  {
    name: "no tensor among the arguments",
    act: () => loose["1"]!(1, 2, 3, 4),
    error: LaunchError,
    message: /'add' without a tensor: its arguments say on which device it runs/,
  },
  {
    name: "a tensor that was disposed of",
    act: ({ device, y, out }) => {
      const gone = device.zeros([4]);
      gone.dispose();
      add[grid(1)](gone, y, out, 4);
    },
    error: LaunchError,
    message: /argument 1, 'x', is the Tensor f32 \[4\] on \w+, which has been disposed of/,
  },
  {
    name: "a read of a tensor that was disposed of",
    act: async ({ device }) => {
      const gone = device.zeros([4]);
      gone.dispose();
      await gone.read();
    },
    error: LaunchError,
    message: /^Cannot use the Tensor f32 \[4\] on \w+: it has been disposed of$/,
  },
  {
    name: "a tensor of another device",
    act: async ({ x, y }) => {
      using other = await Device.open({ device: "cpu" });
      using strange = other.zeros([4]);
      add[grid(1)](x, y, strange, 4);
    },
    error: LaunchError,
    message:
      /'x' and 'out' are tensors of different devices \(\w+ and cpu\): make both with one device/,
  },
  {
    name: "a tensor where a number is declared",
    act: ({ x, y }) => looseScale["1"]!(x, y),
    error: LaunchError,
    message: /argument 2, 'factor', is the Tensor .*, but it is declared a scalar of f32/,
  },
  {
    name: "a number of another dtype than the declared one",
    act: ({ x }) => looseScale["1"]!(x, tl.i32(3)),
    error: LaunchError,
    message: /is i32\(3\), but it is declared as f32/,
  },
  {
    name: "a number where a pointer is loaded from",
    act: ({ y, out }) => loose["1"]!(5, y, out, 4),
    error: CompilationError,
    message: /tl\.load/,
  },
  {
    name: "an array of the host",
    act: ({ y, out }) => loose["1"]!(new Float32Array(4), y, out, 4),
    error: LaunchError,
    message: /is a Float32Array of the host: make a tensor of it with device\.from\(…\)/,
  },
  {
    name: "a promise of a tensor",
    act: ({ x, y, out }) => loose["1"]!(Promise.resolve(x), y, out, 4),
    error: LaunchError,
    message: /'x', is a promise: await it before the launch/,
  },
  {
    name: "null",
    act: ({ x, y, out }) => loose["1"]!(x, y, out, null),
    error: LaunchError,
    message: /'n', is null: pass undefined for what is to be left out/,
  },
  {
    name: "a constant that the kernel does not have",
    act: ({ x, y, out }) => loose["1"]!(x, y, out, 4, { BLOK: 16 }),
    error: LaunchError,
    message: /with the constant 'BLOK': its constants are BLOCK; did you mean 'BLOCK'\?/,
  },
  {
    name: "a parameter among the constants",
    act: ({ x, y, out }) => loose["1"]!(x, y, out, 4, { n: 4 }),
    error: LaunchError,
    message: /'n' is a parameter, pass it by position/,
  },
  {
    name: "a launch option out of range",
    act: ({ x, y, out }) => add[grid(1)](x, y, out, 4, { numWarps: 3 }),
    error: LaunchError,
    message: /with numWarps 3: it must be a power of two from 1 to 32/,
  },
  {
    name: "a constant of a wrong type",
    act: ({ x, y, out }) => loose["1"]!(x, y, out, 4, { BLOCK: "many" }),
    error: CompilationError,
    message: /tl\.arange/,
  },
  {
    name: "a grid of NaN",
    act: ({ x, y, out }) => add[grid(NaN)](x, y, out, 4),
    error: LaunchError,
    message: /over the grid \(NaN, 1, 1\): each dimension must be a non-negative integer/,
  },
  {
    name: "a fractional grid",
    act: ({ x, y, out }) => add[grid(20 / 16)](x, y, out, 20),
    error: LaunchError,
    message: /each dimension must be a non-negative integer; cdiv\(n, BLOCK\) rounds a quotient up/,
  },
  {
    name: "a grid function that gives nothing",
    act: ({ x, y, out }) => add[grid(() => undefined as unknown as number)](x, y, out, 4),
    error: LaunchError,
    message: /over the grid undefined: a grid has one to three dimensions/,
  },
  {
    name: "a grid of four dimensions",
    act: ({ x, y, out }) => loose.launch([1, 2, 3, 4], x, y, out, 4),
    error: LaunchError,
    message: /over the grid \(1, 2, 3, 4\): a grid has one to three dimensions/,
  },
  {
    name: "no grid at all",
    act: ({ x }) => (add as unknown as (x: unknown) => void)(x),
    error: LaunchError,
    message: /^Cannot call the kernel 'add' without a grid: write add\[grid\(…\)\]\(…\)$/,
  },
  {
    name: "a shape that is none",
    act: ({ device }) => device.zeros([2, NaN]),
    error: LaunchError,
    message: /shape \[2, NaN\]: dimension 1 is NaN, it must be a non-negative integer/,
  },
  {
    name: "a dtype that is none",
    act: ({ device }) => device.zeros([2], { dtype: "float" as "f32" }),
    error: LaunchError,
    message: /dtype 'float': tensors are of f32/,
  },
  {
    name: "a write of another length",
    act: ({ x }) => x.write([1, 2, 3]),
    error: LaunchError,
    message: /^Cannot write 3 elements to the Tensor f32 \[20\] on \w+: it has 20$/,
  },
  {
    name: "tensors of two dtypes in one memory",
    only: "webgpu",
    act: ({ device, y }) => {
      const buffer = device.gpu.createBuffer({ size: 256, usage: 0x80 });
      const one = Tensor.over(buffer, { device, shape: [64] });
      const other = Tensor.over(buffer, { device, shape: [64], dtype: "i32" });
      add[grid(1)](one, y, other, 4);
    },
    error: LaunchError,
    message:
      /'x' and 'out' share memory, but are of f32 and i32: in one launch it can be seen as one dtype only/,
  },
  {
    name: "a tensor larger than memory",
    only: "webgpu",
    act: ({ device }) => device.empty([2 ** 50]),
    error: OutOfResourcesError,
    message:
      /shape \[1125899906842624\] and dtype f32: it needs \d+ bytes, the device allows \d+ \(maxBufferSize\)/,
  },
  {
    name: "more workgroup memory than there is",
    only: "webgpu",
    act: ({ device }) => {
      const { maxComputeWorkgroupStorageSize: most } = device.capabilities.limits!;
      const backend = device.backend as WebGpuBackend;
      backend.pipeline({ ...program("greedy"), workgroupBytes: most + 4 });
    },
    error: OutOfResourcesError,
    message:
      /^Kernel 'greedy' needs \d+ bytes of workgroup memory, the device has \d+ .*: use smaller tiles$/,
  },
];

for (const { name, act, error, message, only } of FAULTS) {
  const declare = only === "webgpu" ? onGpu : onDevices;
  declare(`${name}: the error says so, and the next launch works`, async (device) => {
    using x = device.full([20], 1), y = device.full([20], 2), out = device.zeros([20]);
    // Once as the first thing, once after the same kernel has run.
    for (let round = 0; round < 2; round++) {
      const thrown = await assertRejects(async () => void await act({ device, x, y, out }), error);
      assertMatch(thrown.message, message);
      await works(device);
    }
  });
}

/** `x[i] = value`, written by hand. */
function program(name: string, wgsl = "x[i] = 1.0;"): Program {
  return {
    name,
    wgsl: `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) { ${wgsl} }`,
    workgroupSize: 4,
    bindings: [{ param: "x", access: "read_write" }],
    records: [],
    uniforms: [],
    uniformBytes: 0,
    workgroupBytes: 0,
  };
}

function launchProgram(device: Device, program: Program, x: Tensor): void {
  const backend = device.backend as WebGpuBackend;
  const none = new Uint32Array(0);
  backend.queue.launch(backend.pipeline(program), [x.storage as GpuStorage], none, 1, 1, 1);
}

/** Declares a test on a WebGPU device of its own, which may break it. */
function onBrokenGpu(name: string, fn: (device: Device, gpu: GPUDevice) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !hasGpu,
    async fn() {
      const gpu = await (await navigator.gpu.requestAdapter())!.requestDevice();
      await fn(new Device(new WebGpuBackend(gpu, await describe(gpu))), gpu);
      using next = await Device.open({ device: "webgpu" });
      await works(next);
    },
  });
}

for (
  const [name, wgsl] of [
    ["unknown names", "x[i] = nothing;"],
    ["wrong types", "x[i] = 1u;"],
    ["no syntax", "x[i] = = ;"],
    ["an entry point of another name", "} @compute @workgroup_size(1) fn main() {"],
  ] as const
) {
  onBrokenGpu(`WGSL of ${name} is reported with the kernel and its text`, async (device) => {
    using x = device.zeros([4]), y = device.zeros([4]);
    launchProgram(device, program("broken", wgsl), x);
    await new Promise((done) => setTimeout(done, 20)); // nobody waits: no unhandled rejection
    const error = await assertRejects(() => y.read(), DeviceError, "kernel 'broken'");
    assert(error.message.includes(`2 | @compute @workgroup_size(4)`), error.message);
    assertThrows(() => launchProgram(device, program("broken", wgsl), x), DeviceError, "'broken'");
    await works(device);
    device.dispose();
  });
}

onBrokenGpu(
  "a driver that fails to build a pipeline is reported by the kernel's name",
  async (device, gpu) => {
    const { popErrorScope } = gpu;
    let failing = false;
    gpu.popErrorScope = async () => {
      const error = await popErrorScope.call(gpu);
      if (!failing) return error;
      failing = false;
      return { message: "the shader compiler ran out of registers" } as GPUError;
    };
    using x = device.zeros([4]);
    await device.synchronize();
    failing = true;
    launchProgram(device, program("unlucky"), x);
    await assertRejects(() => x.read(), DeviceError, "kernel 'unlucky'");
    await works(device);
    device.dispose();
  },
);

onBrokenGpu(
  "an error that no launch is to blame for is told of at the next wait",
  async (device, gpu) => {
    gpu.createBuffer({ size: 16, usage: 0x03 }); // no such combination
    await new Promise((done) => setTimeout(done, 20));
    await assertRejects(() => device.synchronize(), DeviceError, "The device reported an error: ");
    await works(device);
    device.dispose();
  },
);

onBrokenGpu(
  "a device that is lost rejects what is under way, whatever it is",
  async (device, gpu) => {
    const x = device.full([4], 1), y = device.full([4], 2), out = device.zeros([4]);
    const before = x.read();
    await before;
    add[grid(1)](x, y, out, 4);
    const waits = [out.read(), x.read(), device.synchronize()];
    gpu.destroy();
    add[grid(1)](x, y, out, 4); // recorded or refused, but never an unhandled rejection
    const after = [out.read(), device.synchronize()];
    for (const result of await Promise.allSettled([...waits, ...after])) {
      // What the GPU had done by then may have arrived.
      if (result.status === "rejected") assertMessage(result.reason, /was lost|The device/);
    }
    await gpu.lost;
    const lost = /^The device was lost \(destroyed\): .*open another with Device\.open\(\)$/;
    for (
      const act of [
        () => out.read(),
        () => device.synchronize(),
        () => add[grid(1)](x, y, out, 4),
        () => x.write([1, 2, 3, 4]),
        () => device.zeros([4]),
        () => device.flush(),
      ]
    ) {
      assertMessage(await assertRejects(async () => void await act(), DeviceError), lost);
    }
    for (const tensor of [x, y, out]) tensor.dispose(); // not an error
    assertEquals(device.memory().tensors, 0);
    device.dispose();
    device.dispose();
  },
);

onBrokenGpu("a device that is disposed of mid-flight rejects what is under way", async (device) => {
  const x = device.full([4], 1), y = device.full([4], 2), out = device.zeros([4]);
  add[grid(1)](x, y, out, 4);
  const wait = out.read();
  device.dispose();
  await assertRejects(() => wait, DeviceError, "The device has been disposed of");
  assertThrows(() => add[grid(1)](x, y, out, 4), DeviceError, "The device has been disposed of");
  for (const tensor of [x, y, out]) tensor.dispose();
});

Deno.test({
  name: "a program that never waits ends by itself, whatever went wrong, and its launches run",
  ignore: !hasGpu,
  async fn() {
    const script = `
      import { Device, grid, jit, tl } from "${new URL("../../mod.ts", import.meta.url)}";
      const set = jit(function set(x) { tl.store(x + tl.arange(0, 4), 1); });
      const device = await Device.open({ device: "webgpu" });
      const { createShaderModule } = device.gpu;
      const x = device.zeros([4]);
      set[grid(1)](x);
      const broken = jit(function broken(x) { tl.store(x + tl.arange(0, 8), 1); });
      device.gpu.createShaderModule = (d) => createShaderModule.call(device.gpu, { ...d, code: "?" });
      broken[grid(1)](x);
      console.log("done");`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-lock", "--no-check", "--ext=ts", "-"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    const input = child.stdin.getWriter();
    await input.write(new TextEncoder().encode(script));
    await input.close();
    const { code, stdout, stderr } = await child.output();
    const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals([code, out], [0, "done\n"], error);
    assert(!error!.includes("Uncaught"), error);
  },
});

function assertMessage(error: unknown, message: RegExp): void {
  assert(error instanceof DeviceError, String(error));
  assertMatch(error.message, message);
}
