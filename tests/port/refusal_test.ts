/** What cannot be translated: an error with the Python line and a remedy. */

import { load, port, PortError } from "../../port.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";

/** The error for a kernel with this body. */
function refusal(python: string): PortError {
  const indented = python.split("\n").map((row) => `    ${row}`).join("\n");
  try {
    port(`@triton.jit\ndef kernel(X, n, B: tl.constexpr):\n${indented}\n`, { file: "k.py" });
  } catch (error) {
    if (error instanceof PortError) return error;
    throw error;
  }
  throw new Error(`This was translated: ${python}`);
}

Deno.test("an error shows file, line, column, the text under a caret and a remedy", () => {
  const error = refusal("x = tl.load(X)\ny = helper(x)");
  assertEquals([error.line, error.column], [4, 9]);
  assertEquals(
    error.message,
    `Cannot translate k.py:4:9: the name 'helper' is neither a variable of the kernel, nor a @triton.jit function or a constant of this file
4 |     y = helper(x)
  |         ^^^^^^
Pass it as a parameter, or give the file a constant: helper = tl.constexpr(…)`,
  );
});

const REFUSED: readonly (readonly [what: string, python: string, says: RegExp])[] = [
  ["several targets", "a = b = n", /several targets/],
  ["assignment to an element", "X[0] = 1", /only names can be assigned to/],
  ["an index of a tile", "x = tl.arange(0, B)[1:2]", /only be indexed by ':' and None/],
  ["an element of a tile", "x = tl.load(X)\ny = x[0]", /element of a tile/],
  ["with", "with open('x'):\n    pass", /not allowed in a kernel/],
  ["try", "try:\n    pass\nexcept E:\n    pass", /not allowed in a kernel/],
  ["a nested function", "def f():\n    pass", /not allowed in a kernel/],
  ["else of a loop", "for i in range(n):\n    pass\nelse:\n    pass", /else branch/],
  ["inline assembly", "tl.inline_asm_elementwise('x')", /inline assembly/],
  ["matrix multiplication by @", "x = X @ X", /operator '@'/],
  ["an unknown parameter", "tl.load(X, masks=n)", /parameter 'masks'/],
  ["an unknown function of tl", "tl.fancy(X)", /triton.language.fancy/],
  ["an unknown attribute", "x = X.grad", /attribute 'grad'/],
  ["a chain whose middle has an effect", "x = 0 < tl.atomic_add(X, 1) < n", /computed twice/],
  ["keyword spreading", "tl.load(X, **n)", /keyword arguments are spread/],
  ["an address in memory", "p = tl.load(X).to(tl.pointer_type(tl.float32))", /cannot be followed/],
  ["math of what runs", "import math\nx = n", /not allowed in a kernel/],
  ["a function that Nereid lacks", "x = libdevice.j0(tl.load(X))", /'j0' has no counterpart/],
  ["an instance of what is not known", "x = 1 if isinstance(n, Foo) else 2", /instance/],
  ["broken syntax", "x = (1", /no Python/],
];

for (const [what, python, says] of REFUSED) {
  Deno.test(`refused: ${what}`, () => {
    const error = refusal(python);
    assert(says.test(error.message), error.message);
    assert(error.message.split("\n").length >= 4, "A remedy follows the code");
  });
}

Deno.test("what can be translated of a file is, when that is asked for", () => {
  const source = `
@triton.jit
def helper(x):
    return tl.fancy(x)

@triton.jit
def broken(X):
    tl.store(X, helper(tl.load(X)))

@triton.jit
def whole(X):
    tl.store(X, 1)
`;
  const { functions, kernels, problems, code } = port(source, { partial: true });
  assertEquals(functions, ["whole"]);
  assertEquals(kernels.map(({ name }) => name), ["whole"]);
  assertEquals(problems.map(({ name }) => name), ["helper", "broken"]);
  assert(/triton.language.fancy/.test(problems[0]!.error.message));
  assert(/'helper' cannot be translated itself/.test(problems[1]!.error.message));
  assert(!code.includes("broken"));
  const loaded = load(source);
  assertEquals(Object.keys(loaded), ["whole"]);
  assertEquals(assertThrows(() => loaded.broken, PortError).line, 8);
});

Deno.test("a kernel may have a name of the library's", () => {
  const { grid, autotune } = load(`
@triton.jit
def grid(X):
    tl.store(X, 1)

@triton.jit
def autotune(X):
    tl.store(X, 2)
`);
  assertEquals([grid!.name, autotune!.name], ["grid", "autotune_"]);
});
