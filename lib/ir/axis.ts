/** What is known of the integers in a value, dimension by dimension. */

/**
 * As Triton's axis information. Arrays have one entry a dimension; a scalar has one entry, all ones
 * but for its divisibility.
 */
export interface AxisInfo {
  /** Aligned groups of this many neighbours count up by one. */
  readonly contiguity: readonly number[];
  /** The first element of each such group is divisible by this; addresses in bytes, integers in units. */
  readonly divisibility: readonly number[];
  /** Aligned groups of this many neighbours are equal. */
  readonly constancy: readonly number[];
  /** The value of all elements, when it is known. */
  readonly constant?: number | undefined;
}
