/**
 * A cache on disk for {@linkcode Device.open}, apart from `mod.ts` as it needs Deno and its permissions.
 *
 * @module
 */

export type { Cache } from "./lib/cache/cache.ts";
export { DiskCache, type DiskCacheOptions } from "./lib/cache/disk_cache.ts";
