/** Scripts in a page of headless Chromium, driven through its debugging protocol. */

/** Where Chromium is; undefined when it is not. */
export const chromium: string | undefined = find();

/** What to do where it is not. */
export const INSTALL_CHROMIUM = "no Chromium (Debian, Ubuntu: apt-get install chromium)";

function find(): string | undefined {
  return ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    .find((path) => {
      try {
        return Deno.statSync(path).isFile;
      } catch {
        return false;
      }
    });
}

const FLAGS = [
  "--headless",
  "--no-sandbox", // for root
  "--disable-dev-shm-usage", // which containers make too small
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader", // a GPU in software, which Chromium brings
  "--remote-debugging-port=0",
  // Nothing is fetched but the page.
  ...["--disable-quic", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync", "about:blank"],
];

/** Milliseconds that an expression may take; a GPU in software on a busy machine is slow. */
const PATIENCE = 600_000;

/**
 * Opens a page with the files around it, and evaluates an expression in it, which may be a promise.
 * The value comes back as JSON would have it.
 */
export async function inChromium(
  files: Readonly<Record<string, string>>,
  expression: string,
): Promise<unknown> {
  await using stack = new AsyncDisposableStack();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, ({ url }) => {
    const { pathname } = new URL(url), text = files[pathname.slice(1)];
    const type = pathname.endsWith(".js") ? "text/javascript" : "text/html";
    return new Response(text ?? "<!doctype html>", { headers: { "content-type": type } });
  });
  stack.defer(() => server.shutdown());
  const profile = await Deno.makeTempDir({ prefix: "chromium" });
  stack.defer(() => removeAll(profile));
  const browser = new Deno.Command(chromium!, {
    args: [`--user-data-dir=${profile}`, ...FLAGS],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  stack.defer(async () => {
    try {
      browser.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await browser.status;
  });
  const lines = browser.stderr.pipeThrough(new TextDecoderStream());
  const address = await debuggingAddress(lines);
  const socket = new WebSocket(address);
  stack.defer(() => closed(socket));
  const send = await protocol(socket);
  stack.defer(async () => {
    send("Browser.close", {}); // it does not always answer; its helpers end with it
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, 5000);
    await Promise.race([browser.status, late]);
    clearTimeout(timer);
  });
  // Localhost is a secure context, which WebGPU wants.
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const { targetId } = await send("Target.createTarget", { url });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  for (;;) {
    const { result } = await evaluate("document.readyState + location.protocol");
    if (result.value === "completehttp:") break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("Chromium has not answered")), PATIENCE);
  stack.defer(() => clearTimeout(timer));
  const { result, exceptionDetails: thrown } = await Promise.race([evaluate(expression), late]);
  if (thrown) throw new Error(`In Chromium: ${thrown.exception?.description ?? thrown.text}`);
  return result.value;

  function evaluate(expression: string) {
    const params = { expression, awaitPromise: true, returnByValue: true };
    return send("Runtime.evaluate", params, sessionId);
  }
}

/** Removes a directory that processes which are ending may still write to. */
async function removeAll(directory: string): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      return await Deno.remove(directory, { recursive: true });
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** The address that Chromium prints; the rest of what it prints is read and dropped. */
async function debuggingAddress(lines: ReadableStream<string>): Promise<string> {
  const reader = lines.getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`Chromium did not start: ${text}`);
    text += value;
    const address = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
    if (!address) continue;
    (async () => {
      while (!(await reader.read()).done);
    })();
    return address;
  }
}

/** What is read of the protocol's answers. */
interface Answer {
  readonly targetId: string;
  readonly sessionId: string;
  readonly result: { readonly value: unknown };
  readonly exceptionDetails?: {
    readonly text: string;
    readonly exception?: { readonly description?: string };
  };
}

type Send = (
  method: string,
  params: Record<string, unknown>,
  sessionId?: string,
) => Promise<Answer>;

async function protocol(socket: WebSocket): Promise<Send> {
  const waiting = new Map<number, PromiseWithResolvers<Answer>>();
  socket.addEventListener("message", ({ data }) => {
    const { id, result, error } = JSON.parse(data);
    const waiter = waiting.get(id);
    waiting.delete(id);
    if (error) waiter?.reject(new Error(`Chromium: ${error.message}`));
    else waiter?.resolve(result);
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error("Chromium does not listen")));
  });
  let id = 0;
  return (method, params, sessionId) => {
    const waiter = Promise.withResolvers<Answer>();
    waiting.set(++id, waiter);
    socket.send(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }));
    return waiter.promise;
  };
}

async function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return;
  const done = new Promise((resolve) => socket.addEventListener("close", resolve));
  socket.close();
  await done;
}
