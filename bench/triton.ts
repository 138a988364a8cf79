/** The same workloads on real Triton and torch, in a process of their own. */

/** Milliseconds of one workload. */
export interface TritonTime {
  readonly workload: string;
  readonly dtype: string;
  readonly size: readonly number[];
  readonly triton: number | null;
  readonly torch: number | null;
}

export interface TritonTimes {
  /** Versions, and the device. */
  readonly about: string;
  readonly results: readonly TritonTime[];
}

/** Runs `bench/with_triton.py` over workloads. */
export async function runTriton(workloads: readonly unknown[]): Promise<TritonTimes> {
  const script = new URL("with_triton.py", import.meta.url).pathname;
  const child = new Deno.Command("python3", {
    args: [script],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(workloads)));
  await writer.close();
  const { code, stdout } = await child.output();
  if (code !== 0) throw new Error(`python3 ${script} failed: are Triton and torch installed?`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Reads what `bench/with_triton.py` wrote. */
export async function readTriton(file: string): Promise<TritonTimes> {
  return JSON.parse(await Deno.readTextFile(file));
}
