/** What is bundled and minified, and run elsewhere: the tests of the kernel library, and of all syntax. */

import "../kernels/attention_test.ts";
import "../kernels/cross_entropy_test.ts";
import "../kernels/cumsum_test.ts";
import "../kernels/dropout_test.ts";
import "../kernels/layer_norm_backward_test.ts";
import "../kernels/layer_norm_test.ts";
import "../kernels/matmul_test.ts";
import "../kernels/rms_norm_test.ts";
import "../kernels/rotary_test.ts";
import "../kernels/softmax_test.ts";
import "../kernels/sort_test.ts";
import "../kernels/sum_test.ts";
import "../kernels/vector_add_test.ts";
import "./syntax_test.ts";
