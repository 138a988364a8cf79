/**
 * Hides `process` while Lezer is loaded, which asks for an environment variable then: translating
 * would need the permission to read the environment. `show_process.ts` brings it back.
 */

import { hidden } from "./process.ts";

hidden.process = Object.getOwnPropertyDescriptor(globalThis, "process");
if (hidden.process?.configurable) {
  Object.defineProperty(globalThis, "process", { value: undefined, configurable: true });
}
