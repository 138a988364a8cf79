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

/** Runs a program with our own input and output; true when it exits with 0. */
async function passes(program: string, args: readonly string[]): Promise<boolean> {
  try {
    const env = { DEBIAN_FRONTEND: "noninteractive", XDG_RUNTIME_DIR: runtimeDir };
    return (await new Deno.Command(program, { args: [...args], env }).spawn().status).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The line with which `deno test` ends when all have passed. */
const ALL_PASSED = /^ok \| \d+ passed.*\| 0 failed/m;

/**
 * Runs the tests with our own output; true when all pass. Software Vulkan now and then corrupts its
 * memory while the process exits, after the last test: what the tests have said by then counts, and the
 * crash is told of.
 */
async function passesTests(args: readonly string[]): Promise<boolean> {
  const env = { XDG_RUNTIME_DIR: runtimeDir };
  const child = new Deno.Command(Deno.execPath(), { args: [...args], env, stdout: "piped" })
    .spawn();
  const decoder = new TextDecoder();
  let end = "";
  for await (const bytes of child.stdout) {
    await Deno.stdout.write(bytes);
    end = (end + decoder.decode(bytes, { stream: true })).slice(-2000);
  }
  const { success, signal } = await child.status;
  // deno-lint-ignore no-control-regex -- colours
  const passed = ALL_PASSED.test(end.replaceAll(/\x1b\[[0-9;]*m/g, ""));
  if (success || !passed || (signal !== "SIGABRT" && signal !== "SIGSEGV")) return success;
  console.log(`\n# The process died of ${signal} while it exited, after all tests had passed`);
  return true;
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

// Mesa complains once a process when it has no directory for its sockets.
const runtimeDir = Deno.env.get("XDG_RUNTIME_DIR") ?? await Deno.makeTempDir();

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
  const ok = name === "tests" ? await passesTests(args) : await passes(Deno.execPath(), args);
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
