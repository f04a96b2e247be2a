/** What those who produce at a fixed rate feel of other work of the broker: with it, and without. */
import { CONNECTIONS, configsOf, deleteTopic, KIB, measured } from "./bench.ts";
import { latencyOf, produce } from "./produce-loads.ts";
import type { Contest, Figures } from "./rounds.ts";
import { createTopic, type Server } from "./servers.ts";

const BATCH_BYTES = 16 * KIB;
const BYTES_PER_SECOND = 10e6;

export interface BesideLoad {
  readonly name: string;
  /** What the side with the work is called. */
  readonly workName: string;
  /** Of each run: in a few seconds one stall of the disk is the whole figure. */
  readonly seconds: number;
  readonly rounds: number;
  /** Does `run` while the work is under way, all the time. */
  beside(round: number, run: () => Promise<Figures>): Promise<Figures>;
}

/** The 99th percentile in open loop at 10 MB/s, synced, each time on a new topic. */
export function besideContest(
  broker: Server,
  { name, workName, seconds, rounds, beside }: BesideLoad,
): Contest {
  const ratePerSecond = BYTES_PER_SECOND / BATCH_BYTES;
  const requests = Math.ceil(ratePerSecond * seconds);
  const shape = {
    batchBytes: BATCH_BYTES,
    recordBytes: KIB,
    connections: CONNECTIONS,
    partitions: CONNECTIONS,
    acks: -1,
    isSynced: true,
  } as const;
  const run = async (topic: string): Promise<Figures> => {
    await createTopic(broker.port, topic, shape.partitions, configsOf(shape.isSynced));
    const { result, cpuMicros } = await measured(broker, requests, () =>
      produce(broker, { shape, requests, topic, ratePerSecond }),
    );
    await deleteTopic(broker.port, topic);
    return { ...latencyOf(result), cpuMicros };
  };
  return {
    name: `${name}, open loop at 10 MB/s`,
    unit: "ms p99",
    reach: 2,
    better: "lower",
    rounds,
    names: { floor: "without", runnel: workName },
    floor: (round) => run(`alone-${round}`),
    runnel: (round) => beside(round, () => run(`beside-${round}`)),
    kafka: null,
  };
}
