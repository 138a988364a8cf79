/**
 * What went wrong on the device, kept until somebody waits.
 *
 * A launch returns before the device has looked at it, so its failure has nobody to be thrown at. It
 * is logged here, and every wait (`read()`, `synchronize()`) that was begun before the failure was
 * reported rejects with it: two reads at once both do, a read begun later does not.
 */

import { DeviceError, NereidError } from "../errors.ts";

export class FailureLog {
  readonly #log: { readonly order: number; readonly failure: NereidError }[] = [];
  #checks = 0; // checks that were ever begun: each has its place in the order
  #reported = 0; // the order of the last failure that a wait has rejected with
  readonly #underWay = new Set<Promise<void>>();
  readonly #waits = new Set<(lost: DeviceError) => void>();
  #lost: DeviceError | undefined;

  /** Takes note of a check that is under way. The promise must not reject. */
  track(check: Promise<NereidError | undefined>): void {
    const order = ++this.#checks;
    const noted: Promise<void> = check.then((failure) => {
      if (failure) this.#log.push({ order, failure });
      this.#underWay.delete(noted);
    });
    this.#underWay.add(noted);
  }

  /** Logs a failure. */
  add(failure: NereidError): void {
    this.#log.push({ order: ++this.#checks, failure });
  }

  /** The device is gone: every wait rejects, those under way and those to come. */
  lose(error: DeviceError): void {
    this.#lost ??= error;
    for (const reject of this.#waits) reject(this.#lost);
    this.#waits.clear();
  }

  get lost(): boolean {
    return this.#lost !== undefined;
  }

  throwIfLost(): void {
    if (this.#lost) throw this.#lost;
  }

  /** What `work` resolves to, unless something failed that was not reported when this was called. */
  async settle<T>(work: Promise<T>): Promise<T> {
    const from = this.#reported;
    const { promise: lost, reject } = Promise.withResolvers<never>();
    this.#waits.add(reject);
    let result: T;
    try {
      result = await Promise.race([work, lost]);
    } catch (cause) {
      work.catch(() => {});
      await Promise.all(this.#underWay);
      this.#report(from); // why the work failed, if the device has said so
      if (cause instanceof NereidError) throw cause;
      throw new DeviceError(
        `The device failed: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    } finally {
      this.#waits.delete(reject);
    }
    await Promise.all(this.#underWay);
    this.#report(from);
    return result;
  }

  /** Throws the earliest failure after `from`: those that follow tend to be its consequences. */
  #report(from: number): void {
    const fresh = this.#log.filter(({ order }) => order > from).sort((a, b) => a.order - b.order);
    if (fresh.length === 0) return;
    this.#reported = Math.max(this.#reported, fresh.at(-1)!.order);
    throw fresh[0]!.failure;
  }
}
