/**
 * Keeps program order across a step that takes time: while somebody holds the gate, what others ask
 * for waits in line, and is done in the order in which it was asked for once the gate is open again.
 */

export class Gate {
  #held = false;
  #through = false;
  #line: (() => void)[] = [];

  /** True when what is asked for now must {@linkcode Gate.wait}. */
  get closed(): boolean {
    return this.#held && !this.#through;
  }

  /** Puts an action, which must not throw, at the end of the line. */
  wait(action: () => void): void {
    this.#line.push(action);
  }

  /** The same for an action whose outcome somebody awaits. */
  waitFor<T>(action: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.wait(() => {
        action().then(resolve, reject);
      });
    });
  }

  /** Holds the gate until `work`, which must not reject, has resolved; when it is held, after those in line. */
  hold(work: () => Promise<void>): void {
    if (this.closed) return this.wait(() => this.hold(work));
    this.#held = true;
    work().then(() => {
      this.#held = false;
      this.#pass();
    });
  }

  /** Does what waits in line, until it is done or somebody in it holds the gate again. */
  #pass(): void {
    const line = this.#line;
    this.#line = [];
    let next = 0;
    while (!this.#held && next < line.length) line[next++]!();
    this.#line = next < line.length ? [...line.slice(next), ...this.#line] : this.#line;
  }

  /** Does something at once although the gate is held: for who holds it. */
  through<T>(action: () => T): T {
    const before = this.#through;
    this.#through = true;
    try {
      return action();
    } finally {
      this.#through = before;
    }
  }
}
