/** Functions of libdevice that cannot be had on WebGPU. */

/** Why libdevice has a function in Triton and not here, with what to do instead; undefined for other names. */
export function refusal(name: string): readonly [why: string, remedy: string] | undefined {
  const directed = /^(\w+?)_?(rz|rd|ru)$/i.exec(name);
  if (directed) {
    return [
      `'${name}' cannot be had: WGSL rounds to nearest, and says so of no other way`,
      `Of arithmetic there is the form that rounds to nearest, such as tl.libdevice.addRn, tl.divRn and tl.sqrtRn`,
    ];
  }
  if (/^fma_?rn$/i.test(name)) {
    return [
      `'${name}' cannot be had: whether a product is rounded before it is added is left to the device`,
      "Write tl.fma(x, y, z), which is fused where the device does so",
    ];
  }
  if (/^rsqrt_?rn$/i.test(name)) {
    return [
      `'${name}' cannot be had: WGSL's root is good to 2 units in the last place`,
      "Write tl.divRn(1, tl.sqrtRn(x)), which rounds twice, or tl.rsqrt(x)",
    ];
  }
  if (/double|rcp64h|longlong/i.test(name)) {
    return [
      `'${name}' is about the halves and the rounding of doubles, which WGSL does not show`,
      "Convert with tl.cast",
    ];
  }
  return undefined;
}
