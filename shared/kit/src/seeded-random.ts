/** A repeatable `Random`: one seed, one sequence, on every runtime. For tests and the simulator. */
import type { Random } from "./world.ts";

const TWO_32 = 0x1_0000_0000;

/** A generator by the sfc32 scheme, seeded by a whole number; equal seeds give equal sequences. */
export function seededRandom(seed: number): Random {
  let a = seed >>> 0;
  let b = Math.floor(seed / TWO_32) >>> 0;
  let c = 0x9e3779b9;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) >>> 0) + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = (b ^ (b >>> 9)) >>> 0;
    b = (c + ((c << 3) >>> 0)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0;
    return sum;
  };
  for (let warm = 0; warm < 15; warm += 1) next();
  return {
    below: (bound) => Math.floor((((next() & 0x1f_ffff) * TWO_32 + next()) / 2 ** 53) * bound),
    bytes(length) {
      const out = new Uint8Array(length);
      for (let i = 0; i < length; i += 1) out[i] = next() & 0xff;
      return out;
    },
  };
}
