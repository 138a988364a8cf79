/**
 * Types of graph values: scalars and tiles, of numbers and of pointers.
 *
 * A pointer's type names the kernel parameter that it points into (its base), so a pointer value
 * itself is no more than an i32 offset in elements, and which buffer an access touches is known
 * when the kernel is compiled. After layout assignment a tile's type also carries its layout.
 *
 * Text: `f32`, `tile<64x32xf32>`, `ptr<x:f32>`, `tile<64xptr<x:f32>>`, `tile<64xf32, #0>`.
 */

import type { LinearLayout } from "../layout/linear_layout.ts";
import { type DType, i32 } from "./dtype.ts";

/** A pointer to elements of `pointee` in the buffer of the kernel parameter `base`. */
export interface Pointer {
  readonly pointee: DType;
  readonly base: string;
}

/** What one element of a value is. */
export type Element = DType | Pointer;

/** The type of a value: a scalar when `shape` is empty, else a tile. */
export interface Type {
  readonly element: Element;
  readonly shape: readonly number[];
  /** How the elements are spread over registers, lanes and warps; unset before layout assignment. */
  readonly layout?: LinearLayout | undefined;
}

/** True when the elements are pointers. */
export function isPointer(element: Element): element is Pointer {
  return "pointee" in element;
}

/** The type of a scalar. */
export function scalar(element: Element): Type {
  return { element, shape: [] };
}

/** The type of a tile; an empty shape gives the scalar. */
export function tile(shape: readonly number[], element: Element, layout?: LinearLayout): Type {
  return layout ? { element, shape, layout } : { element, shape };
}

/** The same type with other elements; shape and layout stay. */
export function withElement(type: Type, element: Element): Type {
  return { ...type, element };
}

/** The same type with a layout, or with none. */
export function withLayout(type: Type, layout: LinearLayout | undefined): Type {
  return tile(type.shape, type.element, layout);
}

/** How many elements a value of this type has. */
export function size(type: Type): number {
  return type.shape.reduce((product, dim) => product * dim, 1);
}

/** The dtype of a value's elements. A pointer's is i32, that of its offset. */
export function dtypeOf(type: Type): DType {
  return isPointer(type.element) ? i32 : type.element;
}

export function sameElement(a: Element, b: Element): boolean {
  if (isPointer(a)) return isPointer(b) && a.pointee === b.pointee && a.base === b.base;
  return a === b;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** Equality of element, shape and layout. */
export function sameType(a: Type, b: Type): boolean {
  if (!sameElement(a.element, b.element) || !sameShape(a.shape, b.shape)) return false;
  if (a.layout === undefined || b.layout === undefined) return a.layout === b.layout;
  return a.layout.equals(b.layout);
}

export function elementText(element: Element): string {
  return isPointer(element) ? `ptr<${element.base}:${element.pointee.name}>` : element.name;
}

/** The text form of a type; `layoutName` says how a layout is referred to (default: left out). */
export function typeText(type: Type, layoutName?: (layout: LinearLayout) => string): string {
  const element = elementText(type.element);
  if (type.shape.length === 0) return element;
  const layout = type.layout && layoutName ? `, ${layoutName(type.layout)}` : "";
  return `tile<${[...type.shape, element].join("x")}${layout}>`;
}
