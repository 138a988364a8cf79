/**
 * A GPU whose memory is really full. This takes all that a card has, so it is run on request, and never in
 * software, which would take the machine's: `NEREID_TEST_EXHAUSTION=1 deno test -A FILE`.
 */

import {
  Device,
  grid,
  jit,
  OutOfResourcesError,
  type Pointer,
  type Tensor,
  tl,
} from "../../mod.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";

const increment = jit(function increment(x: Pointer, { BLOCK = 64 }) {
  const at = x + tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
  tl.store(at, tl.load(at) + 1);
});

Deno.test({
  name: "a device that is full says so, and goes on (asked for by NEREID_TEST_EXHAUSTION)",
  ignore: !Deno.env.has("NEREID_TEST_EXHAUSTION"),
  async fn() {
    using device = await Device.open({ device: "webgpu" });
    assert(!device.capabilities.software, `${device} is software`);
    using small = device.zeros([64]);
    increment[grid(1)](small);

    /** A tensor of so many bytes, once the device has said whether there is room. */
    async function make(bytes: number): Promise<Tensor<"f32"> | OutOfResourcesError> {
      const tensor = device.zeros([bytes / 4]);
      try {
        await device.synchronize();
        return tensor;
      } catch (error) {
        tensor.dispose();
        if (error instanceof OutOfResourcesError) return error;
        throw error;
      }
    }
    const largest = Math.min(device.capabilities.limits!.maxBufferSize, 2 ** 32 - 2 ** 20);
    const size = largest - largest % 2 ** 20, held: Tensor<"f32">[] = [];
    let refusal: OutOfResourcesError | undefined;
    for (let i = 0; i < 1000 && !refusal; i++) {
      const made = await make(size);
      if (made instanceof OutOfResourcesError) refusal = made;
      else held.push(made);
    }
    assert(refusal, `${held.length} tensors of ${size} bytes were not refused`);
    console.log(`${device}: ${held.length} tensors of ${size} bytes\n${refusal.message}`);
    assertMatch(
      refusal.message,
      /^Cannot make a tensor of shape \[\d+\] and dtype f32: the device is out of memory for its \d+ bytes, beside \d+ bytes of \d+ tensors; \d+ bytes that were kept for reuse have been given up, which was not enough: dispose of tensors that are no longer needed\. /,
    );
    assert(refusal.message.includes(`for its ${size} bytes`), refusal.message);

    // What is there can be used, read and written.
    const start = held.at(-1)!.slice(0, [128]); // all of it is more than a kernel may see
    increment[grid(2)](start);
    increment[grid(1)](small);
    assertEquals([(await start.read())[127], (await small.read())[63]], [1, 2]);
    start.write(new Float32Array(128).fill(5));
    increment[grid(1)](start);
    assertEquals([...await start.read()].slice(62, 66), [6, 6, 5, 5]);

    // What was given back is kept, and given up for a request of another size.
    start.dispose();
    const half = held.splice(0, Math.ceil(held.length / 2));
    for (const tensor of half) tensor.dispose();
    assert(device.memory().cached > 0);
    const other: Tensor<"f32">[] = [];
    for (let i = 0; i < half.length; i++) {
      const made = await make(size - 2 ** 28);
      if (made instanceof OutOfResourcesError) throw made;
      other.push(made);
    }
    for (const tensor of other) {
      using end = tensor.slice(tensor.size - 64, [64]);
      increment[grid(1)](end);
      assertEquals((await end.read())[63], 1);
    }
    for (const tensor of [...held, ...other]) tensor.dispose();
    increment[grid(1)](small);
    assertEquals((await small.read())[0], 3);
  },
});
