/** What invocations of a subgroup find out about each other. */

/**
 * The name and the source of a function that tells which lanes agree in the lowest bits of a word: a bit
 * is asked for at a time, and who has another drops out. No loop, since not every compiler unrolls it.
 */
export function peersFunction(bits: number): readonly [name: string, source: string] {
  const name = `peers_by_${bits}_bits`; // no name that lowering makes ends so
  const steps = Array.from({ length: bits }, (_, bit) => [
    `  let has_${bit} = (key & ${2 ** bit}u) != 0u;`,
    `  let who_${bit} = subgroupBallot(has_${bit}).x;`,
    `  peers &= select(~who_${bit}, who_${bit}, has_${bit});`,
  ]);
  return [
    name,
    [
      `fn ${name}(key: u32) -> u32 {`,
      "  var peers = subgroupBallot(true).x;",
      ...steps.flat(),
      "  return peers;",
      "}",
    ].join("\n"),
  ];
}
