/** Running the command line as a user does, and scripts to run it on. */

const CLI = new URL("../../cli.ts", import.meta.url).href;

/** What a run of the command line wrote, and its exit code. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Environment variables under which Linux's Vulkan and EGL loaders find no driver. */
export const NO_ADAPTER: Record<string, string> = {
  VK_DRIVER_FILES: "/nonexistent",
  VK_ICD_FILENAMES: "/nonexistent",
  __EGL_VENDOR_LIBRARY_FILENAMES: "/nonexistent",
};

/** Runs `deno run -A cli.ts ...args`; objects among them are environment variables. */
export async function cli(...args: (string | Record<string, string>)[]): Promise<Outcome> {
  const words = args.filter((arg) => typeof arg === "string");
  const variables = args.filter((arg) => typeof arg === "object");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", CLI, ...words],
    env: Object.assign({ NO_COLOR: "1" }, ...variables),
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Calls `use` with a file that holds the script, and removes it. */
export async function withScript(
  script: string,
  use: (file: string) => Promise<void>,
): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, script);
    await use(file);
  } finally {
    await Deno.remove(file);
  }
}
