/** Chance in a simulated world: a stream of its own for every part, so that parts do not shift each other. */
import { crc32c } from "@runnel/kit/crc32c.ts";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import type { Random } from "@runnel/kit/world.ts";

const utf8 = new TextEncoder();
/** As many seeds as fit beside a checksum into a whole number. */
const SEEDS = 2 ** 20;

/** The stream of the part `name` in the world of `seed`. */
export function chanceOf(seed: number, name: string): Chance {
  return new Chance(
    seededRandom(crc32c(utf8.encode(`${seed}/${name}`)) + (seed % SEEDS) * 2 ** 32),
  );
}

export class Chance implements Random {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  below(bound: number): number {
    return this.#random.below(bound);
  }

  bytes(length: number): Uint8Array {
    return this.#random.bytes(length);
  }

  /** True in `share` (0 … 1) of all cases. */
  happens(share: number): boolean {
    return this.#random.below(1_000_000) < share * 1_000_000;
  }

  /** A span from `min` to `max` ms, in thousandths: mostly small, at times large. */
  span(min: number, max: number): number {
    const part = this.#random.below(1001) / 1000;
    return Math.round(1000 * (min + (max - min) * part ** 4)) / 1000;
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + this.#random.below(max - min + 1);
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.#random.below(choices.length)] as T;
  }

  /** `items` in another order. */
  shuffle<T>(items: readonly T[]): T[] {
    const left = [...items];
    const shuffled: T[] = [];
    while (left.length > 0) shuffled.push(...left.splice(this.#random.below(left.length), 1));
    return shuffled;
  }
}
