/** The version of Nereid, as `deno.json` has it. */
export const VERSION = "0.1.0";
