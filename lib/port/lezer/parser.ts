/** Lezer's parser for Python. The order of the imports matters: see `hide_process.ts`. */

import "./hide_process.ts";
import { parser } from "npm:@lezer/python@1.1.18";
import "./show_process.ts";

export { parser };
