/** TypeScript's types for what is known of values. */

import type { Ty } from "./kinds.ts";

/** The type of a variable or result. */
export function typeText(ty: Ty): string {
  switch (ty.sort) {
    case "bool":
      return "boolean";
    case "string":
      return "string";
    case "dtype":
      return "DType";
    case "pointer":
      return "number";
    case "function":
      return "(...args: Tile[]) => Tile";
    case "either":
      return "Tile | TensorDescriptor";
    case "block":
      return "TensorDescriptor";
    case "several":
      return ty.items ? `[${ty.items.map(typeText).join(", ")}]` : "Tile[]";
    default:
      return "Tile";
  }
}

/** The type of a compile-time parameter. */
export function constantTypeText(ty: Ty): string {
  switch (ty.sort) {
    case "bool":
    case "string":
    case "dtype":
    case "function":
      return typeText(ty);
    case "several":
      return "readonly number[]";
    default:
      return "number";
  }
}
