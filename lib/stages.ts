/**
 * How long the stages of a compilation take, for who wants to know.
 */

/** From a function's text to a pipeline of the device, in this order. */
export const STAGES = ["trace", "simplify", "layouts", "lower", "print", "driver"] as const;

export type Stage = typeof STAGES[number];

let listener: ((stage: Stage, ms: number) => void) | undefined;

/** Calls `tell` with every stage of what is compiled from now on; undefined ends that. */
export function observeStages(tell: ((stage: Stage, ms: number) => void) | undefined): void {
  listener = tell;
}

/** Starts a clock. Each call of what it returns ends a stage, and the next begins. */
export function stageClock(): (stage: Stage) => void {
  if (!listener) return () => {};
  let start = performance.now();
  return (stage) => {
    const now = performance.now();
    listener?.(stage, now - start);
    start = now;
  };
}
