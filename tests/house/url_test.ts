/**
 * Nereid imported by URL, from a script that lies elsewhere and has no permission but the one to
 * import from that host.
 */

import { hasGpu, INSTALL } from "../support/devices.ts";
import { assertEquals } from "../support/assert.ts";

const ROOT = new URL("../../", import.meta.url);

/** Serves the repository's files on a free port of this machine. */
function serveRepository() {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const path = new URL(request.url).pathname.slice(1);
    try {
      const body = await Deno.readFile(new URL(path, ROOT));
      return new Response(body, { headers: { "content-type": "application/typescript" } });
    } catch {
      return new Response("Not found", { status: 404 });
    }
  });
}

function script(base: string, device: string): string {
  return `
import { cdiv, Device, grid, jit, type Pointer, tl } from "${base}/mod.ts";
import { softmax } from "${base}/kernels/softmax.ts";

const double = jit(function double(x: Pointer, out: Pointer, n: number, { BLOCK = 64 }) {
  const offsets = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
  const mask = offsets < n;
  tl.store(out + offsets, tl.load(x + offsets, { mask }) * 2, { mask });
});

const device = await Device.open({ device: "${device}" });
const x = device.arange(100, { dtype: "f32" });
const out = device.empty([100]);
double[grid(cdiv(100, 64))](x, out, 100);
const doubled = await out.read();
const rows = await softmax(device.zeros([3, 8])).read();
console.log(JSON.stringify({ kind: device.kind, last: doubled[99], rows: [...new Set(rows)] }));
`;
}

for (const device of ["cpu", "webgpu"]) {
  const skipped = device === "webgpu" && !hasGpu;
  Deno.test({
    name: `a script imports mod.ts and a kernel by URL without permissions (${device})` +
      (skipped ? `: no adapter, ${INSTALL}` : ""),
    ignore: skipped,
    fn: async () => {
      await using server = serveRepository();
      const host = `127.0.0.1:${server.addr.port}`;
      const directory = await Deno.makeTempDir();
      try {
        const file = `${directory}/script.ts`;
        await Deno.writeTextFile(file, script(`http://${host}`, device));
        const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: [
            ...["run", "--no-config", "--no-prompt"],
            ...[`--allow-import=${host}`, `--reload=http://${host}`, file],
          ],
          cwd: directory,
        }).output();
        const printed = new TextDecoder().decode(stdout);
        if (code !== 0) throw new Error(`The script failed:\n${new TextDecoder().decode(stderr)}`);
        assertEquals(JSON.parse(printed), { kind: device, last: 198, rows: [0.125] });
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  });
}
