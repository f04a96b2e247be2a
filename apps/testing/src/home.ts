/** Where a broker keeps what it has: in memory, or in a folder that others are kept out of. */

import { inlineThreads } from "@runnel/broker/io/memory/inline-threads.ts";
import { MemoryDisk } from "@runnel/broker/io/memory/memory-disk.ts";
import { inlineWorkers } from "@runnel/broker/io/memory/world.ts";
import { nodeDisk } from "@runnel/broker/io/node/disk.ts";
import { createNodeNetwork } from "@runnel/broker/io/node/network.ts";
import { nodeClock, nodeRandom } from "@runnel/broker/io/node/time.ts";
import type { Disk, World } from "@runnel/broker/io/ports.ts";
import { openDataFolder } from "@runnel/broker/metadata/data-folder.ts";
import { createMemoryStore } from "@runnel/broker/metadata/memory-store.ts";
import type { MetadataStore } from "@runnel/broker/metadata/store.ts";
import type { Logger, Scheduler } from "@runnel/kit/world.ts";

/** Of the folder in memory; no other broker sees that disk. */
const MEMORY_FOLDER = "data";
const METADATA_FILE = "metadata.db";

export interface HomeOptions {
  readonly nodeId: number;
  readonly timers: Scheduler;
  readonly logger: Logger;
}

export interface Home {
  readonly world: World;
  readonly parts: {
    readonly clusterId: string;
    readonly dataFolder: string;
    readonly store: MetadataStore;
  };
  close(): Promise<void>;
}

/** Opens `folder`, or a place in memory where it is null. Rejects with `IoError` when it is taken. */
export async function openHome(folder: string | null, options: HomeOptions): Promise<Home> {
  return folder === null ? await openMemory(options) : await openFolder(folder, options);
}

async function openMemory(options: HomeOptions): Promise<Home> {
  const world = createWorld(new MemoryDisk({ clock: nodeClock }), options);
  const store = createMemoryStore({ clock: world.clock, scheduler: world.scheduler });
  return await openParts(MEMORY_FOLDER, { world, store, nodeId: options.nodeId, release() {} });
}

async function openFolder(folder: string, options: HomeOptions): Promise<Home> {
  // A broker in memory does without SQLite, which some runtimes warn about when it is loaded.
  const { openSqliteStore } = await import("@runnel/broker/metadata/embedded/sqlite-store.ts");
  const { lockFolder } = await import("@runnel/broker/metadata/lock.ts");
  const world = createWorld(nodeDisk, options);
  await world.disk.makeDirectory(folder);
  const lock = lockFolder(folder, process.pid);
  const release = (): void => lock[Symbol.dispose]();
  let store: MetadataStore;
  try {
    store = openSqliteStore(`${folder}/${METADATA_FILE}`, world);
  } catch (error) {
    release();
    throw error;
  }
  return await openParts(folder, { world, store, nodeId: options.nodeId, release });
}

async function openParts(
  dataFolder: string,
  parts: {
    readonly world: World;
    readonly store: MetadataStore;
    readonly nodeId: number;
    release(): void;
  },
): Promise<Home> {
  const { world, store, nodeId, release } = parts;
  const close = async (): Promise<void> => {
    try {
      await store.close();
    } finally {
      release();
    }
  };
  try {
    await world.disk.makeDirectory(dataFolder);
    const { random } = world;
    const { clusterId } = await openDataFolder(world.disk, dataFolder, { nodeId, random });
    return { world, parts: { clusterId, dataFolder, store }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function createWorld(disk: Disk, { timers, logger }: HomeOptions): World {
  return {
    clock: nodeClock,
    scheduler: timers,
    random: nodeRandom,
    logger,
    disk,
    network: createNodeNetwork(logger),
    // Few and small batches: a thread would take longer to start than all of its work.
    workers: inlineWorkers,
    threads: inlineThreads({ disk, clock: nodeClock, scheduler: timers }),
  };
}
