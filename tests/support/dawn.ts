/**
 * Dawn for tests that need it once, in a process of its own: that one has no lock file, which Deno would
 * write the package into.
 */

import { DAWN_PACKAGE } from "../../lib/runtime/dawn.ts";

/** SwiftShader as Debian's chromium has it: the one Vulkan driver in software that Dawn takes. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** What makes Dawn find SwiftShader, beside the machine's own drivers, of which it prefers a GPU's. */
export const DAWN_ENVIRONMENT: Readonly<Record<string, string>> = {
  VK_ADD_DRIVER_FILES: SWIFTSHADER,
};

/** Why Dawn's compiler is not to be had here; it is a large download, which tests do not start. */
export async function whyNoTint(): Promise<string | undefined> {
  const output = await runWithDawn(
    `await import(${JSON.stringify(DAWN_PACKAGE)}); console.log("loaded");`,
    ...["-A", "--cached-only"],
  );
  if (output.includes("loaded")) return undefined;
  return `Dawn has not been fetched: deno cache --no-lock ${DAWN_PACKAGE} (132 MB)`;
}

/** Why Dawn cannot run kernels here. */
export async function whyNoDawn(): Promise<string | undefined> {
  const noDriver = "Dawn has no driver: apt-get install chromium brings SwiftShader (Debian)";
  return await whyNoTint() ?? (await isFile(SWIFTSHADER) ? undefined : noDriver);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

/** What a script that may do what the flags say wrote. */
export async function runWithDawn(script: string, ...flags: string[]): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-lock", "--no-prompt", "--no-check", ...flags, "-"],
    env: { NO_COLOR: "1", XDG_RUNTIME_DIR: "/tmp", ...DAWN_ENVIRONMENT },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(script));
  await input.close();
  const { stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}
