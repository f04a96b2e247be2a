/** A world without a machine: everything in memory, time by hand, chance from a seed. */
import { DecodeError } from "@runnel/kit/errors.ts";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { type Logger, silentLogger } from "@runnel/kit/world.ts";
import { compress, decompress } from "@runnel/protocol/compression/codecs.ts";
import { CODEC_NAMES } from "@runnel/protocol/records/batch.ts";
import type { Workers, World } from "../ports.ts";
import { inlineThreads } from "./inline-threads.ts";
import { ManualTime } from "./manual-time.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { MemoryNetwork } from "./memory-network.ts";

/** `World` with the handles by which a test moves it. */
export interface MemoryWorld extends World {
  readonly time: ManualTime;
  readonly disk: MemoryDisk;
  readonly network: MemoryNetwork;
}

/** `disk` goes on with what an earlier world left, such as after a crash. */
export function createMemoryWorld(
  options: { readonly seed?: number; readonly disk?: MemoryDisk; readonly logger?: Logger } = {},
): MemoryWorld {
  const time = new ManualTime();
  const disk = options.disk ?? new MemoryDisk({ clock: time });
  return {
    time,
    clock: time,
    scheduler: time,
    random: seededRandom(options.seed ?? 1),
    logger: options.logger ?? silentLogger,
    disk,
    network: new MemoryNetwork(time),
    workers: inlineWorkers,
    threads: inlineThreads({ disk, clock: time, scheduler: time }),
  };
}

/** Does the work where it stands, in the turn that asks for it. */
export const inlineWorkers: Workers = {
  async decompress(codec, bytes, outputMax) {
    const name = CODEC_NAMES[codec];
    if (name === undefined) throw new DecodeError(`there is no codec ${codec}`);
    return decompress(name, bytes, { maxOutputLength: outputMax });
  },
  async compress(codec, bytes, level) {
    const name = CODEC_NAMES[codec];
    if (name === undefined) throw new DecodeError(`there is no codec ${codec}`);
    return compress(name, bytes, level ?? undefined);
  },
  async close() {},
};
