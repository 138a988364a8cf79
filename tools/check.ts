/**
 * All that a change must pass, one step after another: `deno task test`.
 *
 * A step that fails does not stop those after it; the summary at the end names it, and the exit
 * code is 1. The GPU tests need a WebGPU adapter: where there is none, this installs software
 * Vulkan when it can (root on Debian or Ubuntu) and otherwise says what to install.
 *
 *     deno task test              everything
 *     deno task test lint types   the steps named
 */

interface Step {
  readonly name: string;
  readonly args: readonly string[];
}

const STEPS: readonly Step[] = [
  { name: "format", args: ["fmt", "--check"] },
  { name: "lint", args: ["lint"] },
  { name: "types", args: ["check", "."] },
  // Every ```ts block of the README and of the doc comments, and every *_test.ts.
  { name: "tests", args: ["test", "-A", "--doc", "--parallel"] },
];

const INSTALL = "apt-get install mesa-vulkan-drivers";

/** What programs are run with, besides what is set already. */
const ENV: Record<string, string> = {
  DEBIAN_FRONTEND: "noninteractive",
  // Mesa complains once a process when it has no directory for its sockets.
  XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? await Deno.makeTempDir(),
  // Elsewhere than through Vulkan wgpu would look for adapters by EGL too, whose library frees what belongs to
  // a thread while the process exits, although the thread, of a test file that has ended, may be doing
  // so: now and then that was a "double free or corruption" after the last test (seen with libglvnd 1.6).
  ...Deno.build.os === "linux" && !Deno.env.has("DENO_WEBGPU_BACKEND") &&
    { DENO_WEBGPU_BACKEND: "vulkan" },
};

/** Runs a program with our own input and output; true when it exits with 0. */
async function passes(program: string, args: readonly string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: [...args], env: ENV }).spawn().status).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** True when a fresh process finds a WebGPU adapter; ours would not notice a new driver. */
function hasAdapter(): Promise<boolean> {
  return passes(Deno.execPath(), [
    "eval",
    "Deno.exit(await navigator.gpu.requestAdapter() ? 0 : 1)",
  ]);
}

/** Makes an adapter available where that can be done; true when there is one. */
async function prepareGpu(): Promise<boolean> {
  if (await hasAdapter()) return true;
  const root = Deno.build.os === "linux" && Deno.uid() === 0;
  if (!root) return false;
  console.log(`# No WebGPU adapter: ${INSTALL}`);
  return await passes("apt-get", ["update", "-q"]) &&
    await passes("apt-get", [
      ...["install", "-y", "-q", "--no-install-recommends", "mesa-vulkan-drivers"],
    ]) &&
    await hasAdapter();
}

const unknown = Deno.args.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) {
  const names = STEPS.map((step) => step.name).join(", ");
  console.error(`There is no step '${unknown[0]}': the steps are ${names}`);
  Deno.exit(2);
}
const steps = STEPS.filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name));

const needsGpu = steps.some((step) => step.name === "tests");
const gpu = !needsGpu || await prepareGpu();
const summary: string[] = [];
let failed = false;
for (const { name, args } of steps) {
  console.log(`\n# ${name}: deno ${args.join(" ")}`);
  const start = performance.now();
  const ok = await passes(Deno.execPath(), args);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  summary.push(`${ok ? "ok    " : "FAILED"}  ${name} (${seconds} s)`);
  failed ||= !ok;
}

console.log(`\n${summary.join("\n")}`);
if (!gpu) {
  console.log(
    `\nGPU TESTS WERE SKIPPED: there is no WebGPU adapter on this machine.\n` +
      `Install a Vulkan driver and run this again (Debian, Ubuntu: ${INSTALL}, as root).`,
  );
}
Deno.exit(failed ? 1 : 0);
