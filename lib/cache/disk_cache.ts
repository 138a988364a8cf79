/**
 * A cache in a folder: a file for each key.
 *
 * A file holds its key, its text and the fingerprint of both, so one that was cut off, or that another key
 * of the same fingerprint wrote, is not mistaken for what was asked for. It is written under a name of its
 * own and renamed, so a reader sees the old file or the new one, and of several writers one wins.
 */

import type { Cache } from "./cache.ts";
import { fingerprint } from "./fingerprint.ts";
import { VERSION } from "../version.ts";

/** Of {@linkcode DiskCache}. */
export interface DiskCacheOptions {
  /** Bytes that the files may take together, 256 MiB unless given; the oldest make room. */
  maxBytes?: number | undefined;
}

const FORMAT = "nereid-cache 1";
const DEFAULT_MAX_BYTES = 256 * 2 ** 20;
/** A file that is being written for longer than this was left behind by a process that ended. */
const ABANDONED_MS = 3_600_000;

/**
 * Keeps compiled kernels and results of tuning in a folder, for the next run:
 *
 * ```ts ignore
 * const device = await Device.open({ cache: new DiskCache("./.nereid") });
 * ```
 *
 * It needs `--allow-read` and `--allow-write` for the folder, and where Nereid is imported from a folder
 * rather than a server `--allow-read` for that as well: a change there makes all that was kept before
 * unknown. Several processes may share a folder. A full disk, a missing permission or a damaged
 * file cost the time to compile again and one warning.
 *
 * @example A text that another process finds
 * ```ts
 * import assert from "node:assert/strict";
 * import { DiskCache } from "../../cache.ts";
 *
 * const folder = Deno.makeTempDirSync();
 * new DiskCache(folder).set("key", "text");
 * assert(new DiskCache(folder).get("key") === "text");
 * assert(new DiskCache(folder).get("other") === undefined);
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export class DiskCache implements Cache {
  /** The folder's path. */
  readonly folder: string;
  readonly #maxBytes: number;
  #bytes: number | undefined; // what the files take; unknown before the first write
  #edition: string | undefined;
  #warned = false;
  #written = 0;

  /**
   * A cache in a folder, which is made at the first write.
   *
   * @param folder Its path.
   * @param options How large it may become.
   */
  constructor(folder: string | URL, options: DiskCacheOptions = {}) {
    this.folder = folder instanceof URL ? decodeURIComponent(folder.pathname) : folder;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /** The text that was kept under this key by this version of Nereid. */
  get(key: string): string | undefined {
    try {
      return parse(Deno.readTextFileSync(this.#path(key)), this.#whole(key));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) this.#warn("read", error);
      return undefined;
    }
  }

  /** Keeps a text under a key. */
  set(key: string, text: string): void {
    let temporary: string | undefined;
    try {
      Deno.mkdirSync(this.folder, { recursive: true });
      const path = this.#path(key), file = format(this.#whole(key), text);
      temporary = `${path}.${Deno.pid}-${this.#written++}.tmp`;
      Deno.writeTextFileSync(temporary, file);
      Deno.renameSync(temporary, path);
      temporary = undefined;
      this.#bytes = (this.#bytes ?? this.#prune()) + file.length;
      if (this.#bytes > this.#maxBytes) this.#bytes = this.#prune();
    } catch (error) {
      this.#warn("write", error);
      if (temporary) tryToRemove(temporary);
    }
  }

  #whole(key: string): string {
    return `${this.#edition ??= edition()}\n${key}`;
  }

  #path(key: string): string {
    return `${this.folder}/${fingerprint(this.#whole(key))}.txt`;
  }

  /** Removes the oldest files until three quarters of what is allowed are left; what the rest takes. */
  #prune(): number {
    let total = 0;
    const files: { path: string; size: number; time: number }[] = [];
    for (const { name, isFile } of Deno.readDirSync(this.folder)) {
      if (!isFile || !/^[0-9a-f]{32}\.txt/.test(name)) continue; // not ours
      const path = `${this.folder}/${name}`;
      try {
        const { size, mtime } = Deno.statSync(path), time = mtime?.getTime() ?? 0;
        if (name.endsWith(".tmp")) {
          if (Date.now() - time > ABANDONED_MS) tryToRemove(path);
          continue;
        }
        total += size;
        files.push({ path, size, time });
      } catch {
        // another process has removed it
      }
    }
    if (total <= this.#maxBytes) return total;
    files.sort((a, b) => a.time - b.time);
    for (const { path, size } of files) {
      if (total <= this.#maxBytes * 0.75) break;
      tryToRemove(path);
      total -= size;
    }
    return total;
  }

  #warn(what: string, error: unknown): void {
    if (this.#warned) return;
    this.#warned = true;
    console.warn(
      `Nereid: cannot ${what} the cache in ${this.folder}, kernels are compiled without it: ${
        error instanceof Error ? error.message : error
      }`,
    );
  }
}

function tryToRemove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // another process has, or the disk will not let us
  }
}

/** A file's text: what it is, how much follows, the key and the text. */
function format(key: string, text: string): string {
  const body = `${JSON.stringify(key)}\n${text}`;
  return `${FORMAT} ${fingerprint(body)}\n${body}`;
}

/** The text in a file, if the file is whole and was written for this key. */
function parse(file: string, key: string): string | undefined {
  const first = file.indexOf("\n"), second = file.indexOf("\n", first + 1);
  const body = file.slice(first + 1);
  if (second < 0 || file.slice(0, first) !== `${FORMAT} ${fingerprint(body)}`) return undefined;
  if (file.slice(first + 1, second) !== JSON.stringify(key)) return undefined;
  return file.slice(second + 1);
}

/**
 * Which Nereid this is: the version, and in a checkout, which changes without one, when and how large
 * its files are.
 */
function edition(): string {
  const root = new URL("../../", import.meta.url);
  if (root.protocol !== "file:") return VERSION;
  const files: string[] = [];
  const visit = (folder: URL) => {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      if (isDirectory) visit(new URL(`${name}/`, folder));
      if (!name.endsWith(".ts")) continue;
      const { size, mtime } = Deno.statSync(new URL(name, folder));
      files.push(`${folder.pathname}${name} ${size} ${mtime?.getTime()}`);
    }
  };
  visit(new URL("lib/", root));
  return `${VERSION} ${fingerprint(files.sort().join("\n"))}`;
}
