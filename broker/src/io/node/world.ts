/** This machine as the `World` that a node is given. */
import type { Logger } from "@runnel/kit/world.ts";
import type { World } from "../ports.ts";
import { nodeDisk } from "./disk.ts";
import { createNodeNetwork } from "./network.ts";
import { nodeThreads } from "./threads.ts";
import { nodeClock, nodeRandom, nodeScheduler } from "./time.ts";
import { createNodeWorkers } from "./workers.ts";

/** Opens nothing and starts no thread; `workers.close()` is all there is to end, besides threads. */
export function createNodeWorld({ logger }: { readonly logger: Logger }): World {
  return {
    clock: nodeClock,
    scheduler: nodeScheduler,
    random: nodeRandom,
    logger,
    disk: nodeDisk,
    network: createNodeNetwork(logger),
    workers: createNodeWorkers(),
    threads: nodeThreads,
  };
}
