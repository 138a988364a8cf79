/** What a GPU hands over while kernels run, as the text and the errors that the CPU device gives at once. */

import type { CompiledProgram } from "../compile.ts";
import type { KernelError } from "../errors.ts";
import { FROM_BITS } from "../ir/bits.ts";
import type { DType, Numeric } from "../ir/dtype.ts";
import {
  accessError,
  assertionError,
  printText,
  type ProgramId,
  type ReportedElement,
  type ReportSite,
} from "../ir/reports.ts";
import { dtypeOf } from "../ir/type.ts";
import type { DeviceRecord, Reporter } from "../runtime/reports.ts";

/** What is told at one place when a program passes it once. */
interface Passage {
  readonly site: ReportSite;
  readonly program: ProgramId;
  /** `length` is the tensor's, where an access has left it. */
  readonly elements: (ReportedElement & { readonly length: number })[];
}

/** Takes what launches of a program tell; undefined when it tells nothing. */
export function reporterOf(
  { reports, records: recordWords }: CompiledProgram,
  print: (text: string) => void,
): Reporter | undefined {
  if (reports.length === 0) return undefined;
  return {
    recordWords,
    receive(records) {
      let failed: KernelError | undefined;
      for (const { site, program, elements } of passagesOf(records, reports)) {
        if (site.kind === "print") {
          print(printText(site, program, elements));
        } else {
          const first = elements.reduce((least, at) => at.index < least.index ? at : least);
          failed ??= site.kind === "assert"
            ? assertionError(site, program, first.index, elements.length - 1)
            : accessError(site, program, Number(first.value), first.length);
        }
      }
      return failed;
    },
  };
}

/**
 * Sorts records by program, as the CPU device runs them, and puts together what belongs to one
 * passage. An invocation's records are in its order, so the n-th of an element at a place is of
 * the n-th passage; passages are in the order of what was told first.
 */
function passagesOf(
  records: readonly DeviceRecord[],
  sites: readonly ReportSite[],
): readonly Passage[] {
  const programs = new Map<string, { readonly id: ProgramId; readonly passages: Passage[] }>();
  const times = new Map<string, number>(), open = new Map<string, Passage>();
  for (const { place, words } of records) {
    const [x, y, z, index] = words as unknown as [number, number, number, number];
    const name = `${x},${y},${z}`, site = sites[place]!;
    let program = programs.get(name);
    if (!program) programs.set(name, program = { id: [x, y, z], passages: [] });
    const element = `${name},${place},${index}`, time = times.get(element) ?? 0;
    times.set(element, time + 1);
    const key = `${name},${place};${time}`;
    let passage = open.get(key);
    if (!passage) {
      open.set(key, passage = { site, program: program.id, elements: [] });
      program.passages.push(passage);
    }
    const value = words.length > 4 ? numberOf(words, 4, dtypeOf(site.type)) : 0;
    passage.elements.push({ index, value, length: words[5] ?? 0 });
  }
  return [...programs.values()]
    .sort(({ id: a }, { id: b }) => a[2] - b[2] || a[1] - b[1] || a[0] - b[0])
    .flatMap(({ passages }) => passages);
}

const word = new Uint32Array(1), float = new Float32Array(word.buffer);

/** The number that `lib/lower/reports.ts` made words of. */
function numberOf(words: Uint32Array, at: number, dtype: DType): Numeric {
  if (dtype.bits === 64) {
    return FROM_BITS[dtype.name](BigInt(words[at]!) | BigInt(words[at + 1]!) << 32n);
  }
  word[0] = words[at]!;
  return dtype.kind === "float" ? float[0]! : dtype.kind === "int" ? word[0]! | 0 : word[0]!;
}
