/**
 * What is kept between runs: texts under keys. Nothing is, unless a program brings a cache along:
 * `Device.open({ cache: new DiskCache("./.nereid") })`.
 *
 * Compiled kernels and results of tuning go through it. Whoever uses it makes a key of everything that
 * the text depends on, the kind of thing first (`tuning\n…`), and takes a text that is not there, or
 * that it cannot make sense of, for one that must be made again. A cache never throws and never
 * waits: launches are synchronous.
 */

/** A store of texts that outlives the process. */
export interface Cache {
  /** The text that was kept under this key, whole and unchanged, or `undefined`. */
  get(key: string): string | undefined;
  /** Keeps a text. When that fails the program goes on without it. */
  set(key: string, text: string): void;
}
