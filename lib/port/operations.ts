/**
 * Triton's functions and what they are called in Nereid: the order of Triton's parameters, and which
 * of them are properties of the options object at the end.
 */

/** What an operation gives, as far as the translation has to know. */
export type Result =
  | "i32"
  | "int"
  | "f32"
  | "float"
  | "bool"
  /** What its first operand, or all its operands together, are. */
  | "same"
  | "num"
  | "block"
  | "none"
  /** What the `dtype` argument says. */
  | "dtype"
  /** An array of several. */
  | "several";

export interface Operation {
  /** The name in `tl`. */
  readonly name: string;
  /** Triton's parameters that are positional in Nereid. */
  readonly positional: readonly string[];
  /** Triton's parameters that are properties of the options object. */
  readonly options: readonly string[];
  /** The last positional parameter takes all arguments that are left. */
  readonly rest: boolean;
  /** Triton's order of all parameters. */
  readonly order: readonly string[];
  readonly result: Result;
  /** It changes memory, or gives something else each time. */
  readonly effect: boolean;
}

/**
 * `triton_name(positional; options) result`. A name behind `->` is Nereid's, where it is no mere change
 * of spelling; `*x` takes all arguments that are left; `!` marks an effect. Options stand in Triton's
 * order behind the positional parameters; where positional parameters come between, `@` gives
 * Triton's place of an option, counted from 0.
 */
const TABLE = `
program_id(axis) i32
num_programs(axis) i32
arange(start, end) i32
full(shape, value, dtype) dtype
zeros(shape, dtype) dtype
zeros_like(input) same
cat(input, other; can_reorder, dim) same
cast(input, dtype; fp_downcast_rounding, bitcast) dtype
where(condition, x, y) same
expand_dims(input, axis) same
broadcast(input, other) several
broadcast_to(input, *shape) same
reshape(input, *shape; can_reorder) same
view(input, *shape) same
ravel(x; can_reorder) same
trans(input, *dims) same
permute(input, *dims) same
join(a, b) same
split(a) several
interleave(a, b) same
flip(x, dim) same
gather(src, index, axis) same
swizzle2d(i, j, size_i, size_j, size_g) several
load(pointer; mask, other, boundary_check, padding_option, cache_modifier, eviction_policy, volatile) num
store(pointer, value; mask, boundary_check, cache_modifier, eviction_policy) none !
make_block_ptr(base; shape, strides, offsets, block_shape, order) block
advance(base, offsets) block
make_tensor_descriptor(base; shape, strides, block_shape, padding_option) block
load_tensor_descriptor(desc, offsets) num
store_tensor_descriptor(desc, offsets, value) none !
dot(input, other, acc; input_precision, allow_tf32, max_num_imprecise_acc, out_dtype) f32
dot_scaled(lhs, lhs_scale, lhs_format, rhs, rhs_scale, rhs_format, acc; fast_math, lhs_k_pack, rhs_k_pack, out_dtype) f32
atomic_add(pointer, val; mask, sem, scope) num !
atomic_max(pointer, val; mask, sem, scope) num !
atomic_min(pointer, val; mask, sem, scope) num !
atomic_and(pointer, val; mask, sem, scope) num !
atomic_or(pointer, val; mask, sem, scope) num !
atomic_xor(pointer, val; mask, sem, scope) num !
atomic_xchg(pointer, val; mask, sem, scope) num !
atomic_cas(pointer, cmp, val; sem, scope) num !
exp(x) float
exp2(x) float
log(x) float
log2(x) float
sin(x) float
cos(x) float
sqrt(x) float
sqrt_rn(x) float
rsqrt(x) float
erf(x) float
floor(x) float
ceil(x) float
abs(x) same
fma(x, y, z) same
fdiv(x, y; ieee_rounding) float
div_rn(x, y) float
umulhi(x, y) int
sigmoid(x) float
softmax(x, dim; keep_dims, ieee_rounding) float
cdiv(x, div) int
add(x, y; sanitize_overflow) same
sub(x, y; sanitize_overflow) same
mul(x, y; sanitize_overflow) same
minimum(x, y; propagate_nan) same
maximum(x, y; propagate_nan) same
clamp(x, min, max; propagate_nan) float
reduce(input, axis, combine_fn; keep_dims) same
sum(input, axis; keep_dims, dtype) same
max(input, axis; return_indices, return_indices_tie_break_left, keep_dims) same
min(input, axis; return_indices, return_indices_tie_break_left, keep_dims) same
argmax(input, axis; tie_break_left, keep_dims) i32
argmin(input, axis; tie_break_left, keep_dims) i32
xor_sum(input, axis; keep_dims) same
reduce_or(input, axis; keep_dims) same
associative_scan(input, axis, combine_fn; reverse) same
cumsum(input, axis; reverse, dtype) same
cumprod(input, axis; reverse) same
sort(x; dim, descending) same
topk(x, k; dim) same
bitonic_merge(x; dim, descending) same
histogram(input, num_bins; mask) i32
map_elementwise(scalar_fn, *args; pack) num
multiple_of(input, values) same
max_contiguous(input, values) same
max_constancy(input, values) same
assume(cond) none !
debug_barrier() none !
static_print(*values; sep, end, file, flush) none !
static_assert(cond, msg) none !
device_print(prefix, *args; hex) none !
device_assert(cond, msg; mask) none !
rand(seed, offset; n_rounds) f32
randn(seed, offset; n_rounds) f32
randint(seed, offset; n_rounds) int
rand4x(seed, offsets; n_rounds) several
randn4x(seed, offsets; n_rounds) several
randint4x(seed, offset; n_rounds) several
philox(seed, c0, c1, c2, c3; n_rounds) several
philox_impl(c0, c1, c2, c3, k0, k1; n_rounds) several
uint_to_uniform_float(x) f32
pair_uniform_to_normal(u1, u2) several
range(arg1, arg2, step; num_stages, loop_unroll_factor, disallow_acc_multi_buffer, flatten, warp_specialize, disable_licm) int
static_range(arg1, arg2, step) int
`;

/** Functions of libdevice that Nereid has under other names, and their number of operands. */
const LIBDEVICE = `
tanh tan asin acos atan sinh cosh asinh acosh atanh expm1 log1p exp10 log10 cbrt erf erfc erfinv erfcinv
lgamma tgamma round rint nearbyint trunc floor ceil sqrt rsqrt exp exp2 log log2 sin cos abs
atan2/2 pow/2 fmod/2 hypot/2 copysign/2 nextafter/2 remainder/2 fdim/2 ldexp/2 fma/3
isnan?  isinf? finitef? signbit?
clz popc brev ffs mulhi/2 umulhi/2
fast_expf=exp fast_exp10f=exp10 fast_logf=log fast_log2f=log2 fast_log10f=log10 fast_sinf=sin
fast_cosf=cos fast_tanf=tan fast_tanhf=tanh fast_powf=pow/2 fast_dividef=fdiv/2
fabs=abs fabsf=abs div_rn/2 sqrt_rn rsqrt_rn j0 j1 y0 y1 ilogb logb float_as_int int_as_float
float_as_uint uint_as_float
`;

/** Functions of libdevice that round to integers: how they round, and to what. */
export const ROUNDINGS: ReadonlyMap<string, readonly [rounding: string, dtype: string]> = new Map([
  ["llrint", ["rint", "i64"]],
  ["llround", ["round", "i64"]],
  ...(["int", "uint"] as const).flatMap((name) =>
    Object.entries({ rn: "rint", rz: "trunc", rd: "floor", ru: "ceil" }).map((
      [suffix, rounding],
    ): [string, [string, string]] => [
      `float2${name}_${suffix}`,
      [rounding, name === "int" ? "i32" : "u32"],
    ])
  ),
]);

/** Python's spelling in JavaScript's: `expand_dims` is `expandDims`. */
export function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function words(text: string | undefined): string[] {
  return (text ?? "").split(",").map((word) => word.trim()).filter((word) => word !== "");
}

function parseTable(): Map<string, Operation> {
  const operations = new Map<string, Operation>();
  for (const row of TABLE.trim().split("\n")) {
    const [, name, params, result, effect] = /^(\w+)\((.*)\) (\w+)( !)?$/.exec(row)!;
    const [first, second] = params!.split(";");
    const positional = words(first), options = words(second);
    const rest = positional.at(-1)?.startsWith("*") ?? false;
    const plain = positional.map((param) => param.replace("*", ""));
    operations.set(name!, {
      name: camelCase(name!),
      positional: plain,
      options,
      rest,
      order: [...plain, ...options],
      result: result as Result,
      effect: effect !== undefined,
    });
  }
  return operations;
}

function parseLibdevice(): Map<string, Operation> {
  const operations = new Map<string, Operation>();
  for (const word of LIBDEVICE.trim().split(/\s+/)) {
    const [, name, test, alias, count] = /^(\w+)(\?)?(?:=(\w+))?(?:\/(\d))?$/.exec(word)!;
    const positional = ["x", "y", "z"].slice(0, Number(count ?? 1));
    operations.set(name!, {
      name: camelCase(alias ?? name!),
      positional,
      options: [],
      rest: false,
      order: positional,
      result: test ? "bool" : "num",
      effect: false,
    });
  }
  return operations;
}

/** The functions of `triton.language`. */
export const OPERATIONS: ReadonlyMap<string, Operation> = parseTable();
/** The functions of libdevice. */
export const LIBDEVICE_OPERATIONS: ReadonlyMap<string, Operation> = parseLibdevice();

/** Triton's dtypes in Nereid's names. */
export const DTYPE_NAMES: ReadonlyMap<string, string> = new Map(Object.entries({
  float32: "f32",
  float16: "f16",
  bfloat16: "bf16",
  float64: "f64",
  int1: "bool",
  int8: "i8",
  int16: "i16",
  int32: "i32",
  int64: "i64",
  uint8: "u8",
  uint16: "u16",
  uint32: "u32",
  uint64: "u64",
  float8e4nv: "f8e4m3",
  float8e5: "f8e5m2",
}));

/** What a dtype's name says of values. */
export function kindOfDtype(name: string): "i32" | "int" | "f32" | "float" | "bool" {
  if (name === "i32" || name === "f32" || name === "bool") return name;
  return /^[iu]/.test(name) ? "int" : "float";
}
