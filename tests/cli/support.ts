/** Running the command line as a user does, and scripts to run it on. */

const CLI = new URL("../../cli.ts", import.meta.url).href;

/** What a run of the command line wrote, and its exit code. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `deno run -A cli.ts ...args`. */
export async function cli(...args: string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", CLI, ...args],
    env: { NO_COLOR: "1" },
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
