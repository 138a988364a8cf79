/** Brings back what `hide_process.ts` has hidden. */

import { hidden } from "./process.ts";

if (hidden.process?.configurable) {
  Object.defineProperty(globalThis, "process", hidden.process);
}
