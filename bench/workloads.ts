/** Everything that is benched: a new kernel is one entry. */

import { dropoutElements, rotaryHeads } from "./workloads/elements.ts";
import { attentionHeads, fewRows, matmulImprecise, matmulSquare } from "./workloads/products.ts";
import {
  crossEntropyRows,
  layerNormBackwardRows,
  layerNormRows,
  rmsNormRows,
  softmaxRows,
} from "./workloads/rows.ts";
import { cumsumElements, sortElements, sumElements } from "./workloads/sums.ts";
import { vectorAdd } from "./workloads/vector_add.ts";
import type { Workload } from "./workload.ts";

export const WORKLOADS: readonly Workload[] = [
  vectorAdd,
  softmaxRows,
  layerNormRows,
  layerNormBackwardRows,
  rmsNormRows,
  crossEntropyRows,
  dropoutElements,
  rotaryHeads,
  sumElements,
  cumsumElements,
  sortElements,
  matmulSquare,
  matmulImprecise,
  fewRows,
  attentionHeads,
];
