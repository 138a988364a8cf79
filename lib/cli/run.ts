/**
 * `run`: a script as `deno run` runs it, with another default device.
 *
 * The script is started in a Deno process of its own, so that it is the main module there
 * (`import.meta.main`, `Deno.args`) and exits as it likes. What a plain `Device.open()` opens is set
 * by a module that is loaded before it.
 */

import { UsageError } from "./usage.ts";

/** What `Device.open()` opens when the script does not say. */
export type DefaultDevice = "webgpu" | "dawn" | "cpu";

/** What is said of a run. */
export interface RunOptions {
  readonly device?: DefaultDevice | undefined;
  /** Whether kernels are watched while they run. */
  readonly sanitize?: boolean | undefined;
  /** Whether it checks assertions, too, when the script does not say. */
  readonly debug?: boolean | undefined;
}

const PERMISSIONS = ["read", "write", "net", "env", "run", "sys", "ffi", "import"] as const;

/** The flags that give a child what this process has been granted as a whole. */
async function permissionFlags(): Promise<string[]> {
  const flags: string[] = [];
  for (const name of PERMISSIONS) {
    const { state, partial } = await Deno.permissions.query({ name });
    if (state === "granted" && !partial) flags.push(`--allow-${name}`);
  }
  return flags;
}

/**
 * Runs `file` with `args` and resolves to its exit code.
 *
 * @param options What a plain `Device.open()` opens in it.
 * @throws {UsageError} When this process may not start another.
 */
export async function run(
  file: string,
  args: readonly string[],
  { device, sanitize = false, debug = false }: RunOptions = {},
): Promise<number> {
  const preload = [
    ...(device ? [`globalThis[Symbol.for("nereid.device")] = ${JSON.stringify(device)};`] : []),
    ...(debug ? [`globalThis[Symbol.for("nereid.debug")] = true;`] : []),
    ...(sanitize ? [`globalThis[Symbol.for("nereid.sanitize")] = true;`] : []),
  ].join("\n");
  const deno = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      ...await permissionFlags(),
      ...(preload ? ["--preload", `data:text/javascript,${encodeURIComponent(preload)}`] : []),
      file,
      ...args,
    ],
    stdin: "inherit",
  });
  // Ctrl-C reaches the script as well; what to do about it is the script's business.
  const ignore = () => {};
  Deno.addSignalListener("SIGINT", ignore);
  try {
    const { code } = await deno.spawn().status;
    return code;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new UsageError(
      "Cannot start the script: 'run' starts a Deno process and needs the permission to. " +
        "Run the command line with 'deno run -A cli.ts run …'",
    );
  } finally {
    Deno.removeSignalListener("SIGINT", ignore);
  }
}
