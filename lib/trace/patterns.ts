/** Variables, and destructuring into them. */

import type * as acorn from "npm:acorn@8.15.0";
import { elements, getProperty, properties, setProperty } from "./members.ts";
import { Problem } from "./problem.ts";
import { Binding, type Scope, UNSET } from "./scope.ts";
import { isFunction, walkSyntax } from "./source.ts";
import type { Tracer } from "./tracer.ts";
import { Closure, describe, Missing, NESTED } from "./values.ts";

/** Adds variables to a scope: unset until their declaration runs, `var`s undefined. */
export function declare(
  t: Tracer,
  scope: Scope,
  names: readonly string[],
  kind: Binding["kind"],
): void {
  for (const name of names) {
    if (kind === "var" && scope.own(name)) continue;
    const binding = t.journal.born(new Binding(name, kind));
    if (kind === "var") binding.value = undefined;
    scope.add(binding);
  }
}

/** The names that a pattern binds. */
export function namesIn(pattern: acorn.Pattern): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        namesIn(property.type === "RestElement" ? property.argument : property.value)
      );
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => element ? namesIn(element) : []);
    case "AssignmentPattern":
      return namesIn(pattern.left);
    case "RestElement":
      return namesIn(pattern.argument);
    default:
      return [];
  }
}

/** Adds the `let`s, `const`s and functions of a block to its scope. */
export function declareBlock(
  t: Tracer,
  scope: Scope,
  body: readonly (acorn.Statement | acorn.ModuleDeclaration)[],
): void {
  for (const statement of body) {
    if (statement.type === "VariableDeclaration" && statement.kind !== "var") {
      const kind = statement.kind === "const" ? "const" : "let";
      declare(t, scope, statement.declarations.flatMap(({ id }) => namesIn(id)), kind);
    } else if (statement.type === "FunctionDeclaration") {
      const { source, environment, self } = t.frame;
      const { name } = statement.id;
      declare(t, scope, [name], "let");
      scope.own(name)!.value = new Closure(
        source,
        statement,
        environment,
        scope,
        self,
        name,
      );
    }
  }
}

/** Adds the `var`s anywhere in a function's body to its scope. */
export function declareVars(t: Tracer, scope: Scope, body: acorn.Node): void {
  walkSyntax(body, (node) => {
    if (isFunction(node)) return false;
    if (node.type === "VariableDeclaration" && node.kind === "var") {
      declare(t, scope, node.declarations.flatMap(({ id }) => namesIn(id)), "var");
    }
    return true;
  });
}

/** The value of a name. */
export function readName(t: Tracer, name: string, scope: Scope): unknown {
  const binding = scope.lookup(name);
  if (!binding) {
    const found = t.frame.environment.lookup(name);
    if (!found) throw t.frame.environment.unknown(name);
    return found.value;
  }
  const { value } = binding;
  if (value === UNSET) {
    throw new Problem(`'${name}' is used before its declaration`, "Move the declaration up");
  }
  if (value instanceof Missing) throw new Problem(value.why, value.remedy);
  return value;
}

/** How a pattern's names get their values: by a declaration, or by an assignment to what is there. */
export type Mode = "declare" | "assign";

/** Gives a value to a pattern, a variable or a property. */
export function bind(
  t: Tracer,
  target: acorn.Pattern,
  value: unknown,
  scope: Scope,
  mode: Mode,
): void {
  switch (target.type) {
    case "Identifier":
      t.at(target);
      return bindName(t, target.name, value, scope, mode);
    case "MemberExpression": {
      if (target.object.type === "Super") throw new Problem("'super' has no meaning in kernels");
      const object = t.evaluate(target.object, scope);
      const key = propertyKey(t, target, scope);
      t.at(target);
      return setProperty(t, object, key, value);
    }
    case "AssignmentPattern": {
      const given = value === undefined ? t.evaluate(target.right, scope) : value;
      return bind(t, target.left, given, scope, mode);
    }
    case "ArrayPattern": {
      t.at(target);
      const items = elements(t, value);
      target.elements.forEach((element, i) => {
        if (!element) return;
        if (element.type === "RestElement") {
          bind(t, element.argument, t.own(items.slice(i)), scope, mode);
        } else {
          bind(t, element, items[i], scope, mode);
        }
      });
      return;
    }
    case "ObjectPattern": {
      const taken = new Set<string>();
      for (const property of target.properties) {
        t.at(property);
        if (property.type === "RestElement") {
          const others = Object.entries(properties(t, value)).filter(([key]) => !taken.has(key));
          bind(t, property.argument, t.own(Object.fromEntries(others)), scope, mode);
        } else {
          const key = patternKey(t, property, scope);
          taken.add(String(key));
          bind(t, property.value, getProperty(t, value, key), scope, mode);
        }
      }
      return;
    }
    case "RestElement":
      throw new Problem("A rest element must be last");
  }
}

function bindName(t: Tracer, name: string, value: unknown, scope: Scope, mode: Mode): void {
  const binding = scope.lookup(name);
  if (!binding) {
    throw t.frame.environment.lookup(name)
      ? new Problem(
        `'${name}' cannot be assigned to: it lives outside the kernel`,
        `Declare a variable of the kernel: let my_${name} = ${name}`,
      )
      : t.frame.environment.unknown(name);
  }
  if (mode === "assign") {
    if (binding.kind === "const") {
      throw new Problem(`'${name}' is a const and cannot change`, `Declare it with 'let'`);
    }
    if (binding.value === UNSET) {
      throw new Problem(`'${name}' is used before its declaration`, "Move the declaration up");
    }
  }
  if (value instanceof Closure && value.name === NESTED) value.name = name;
  t.assign(binding, value);
}

/** The key of a property in a pattern or an object. */
export function patternKey(
  t: Tracer,
  property: acorn.AssignmentProperty | acorn.Property,
  scope: Scope,
): unknown {
  const { key, computed } = property;
  if (key.type === "Identifier" && !computed) return key.name;
  return staticKey(t.evaluate(key, scope));
}

/** The key of `object.key` or `object[key]`. */
export function propertyKey(t: Tracer, node: acorn.MemberExpression, scope: Scope): unknown {
  const { property } = node;
  if (property.type === "PrivateIdentifier") {
    throw new Problem("Private names cannot be used in kernels", "Make it a plain static");
  }
  if (!node.computed && property.type === "Identifier") return property.name;
  return t.evaluate(property, scope);
}

function staticKey(key: unknown): unknown {
  if (typeof key === "string" || typeof key === "number") return key;
  throw new Problem(`A property's name must be a compile-time string, not ${describe(key)}`);
}
