/**
 * Dawn for tests that need it once, in a process of its own: that one has no lock file, which Deno would
 * write the package into.
 */

/** SwiftShader as Debian's chromium has it: the one Vulkan driver in software that Dawn takes. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** What makes Dawn find SwiftShader, beside the machine's own drivers, of which it prefers a GPU's. */
export const DAWN_ENVIRONMENT: Readonly<Record<string, string>> = {
  VK_ADD_DRIVER_FILES: SWIFTSHADER,
};

/** Why Dawn is not tried here, since it is a large download; undefined when it is. */
export const noDawn: string | undefined = await isFile(SWIFTSHADER)
  ? undefined
  : "Dawn has no driver here, and is not fetched (Debian: apt-get install chromium)";

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
