/** Loads that produce, each against the floor and against a broker, in turn. */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { readResponseHeader } from "@runnel/protocol/headers.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { type Bench, both, configsOf, deleteTopic, IN_FLIGHT, KIB, measured } from "./bench.ts";
import { type DriveResult, drive, percentile } from "./driver.ts";
import { batchOf, PRODUCE_VERSION, produceFrame } from "./requests.ts";
import type { Contest, Figures } from "./rounds.ts";
import { createTopic, floorProgram, removeFolder, type Server, start } from "./servers.ts";

/** Larger batches are counted in bytes, smaller ones in requests. */
const COUNTED_IN_BYTES_FROM = 16 * KIB;

/** What is sent, and how. */
export interface ProduceShape {
  readonly batchBytes: number;
  readonly recordBytes: number;
  readonly connections: number;
  readonly partitions: number;
  readonly acks: 1 | -1;
  readonly isSynced: boolean;
}

export interface ProduceLoad extends ProduceShape {
  readonly name: string;
  readonly requests: number;
  /** What the ratio is to reach; null where nothing is asked. */
  readonly reach: number | null;
  readonly rounds: number;
}

/** Throughput of produce: megabytes or requests a second, whichever the load is about. */
export function produceContest(bench: Bench, load: ProduceLoad): Contest {
  const isInBytes = load.batchBytes >= COUNTED_IN_BYTES_FROM;
  return contest(bench, load, load.requests, null, {
    unit: isInBytes ? "MB/s" : "requests/s",
    better: "higher",
    figure: ({ requests, sentBytes, seconds }) => ({
      value: (isInBytes ? sentBytes / 1e6 : requests) / seconds,
    }),
  });
}

export interface LatencyLoad extends Omit<ProduceLoad, "requests"> {
  readonly seconds: number;
  readonly ratePerSecond: number;
}

/** Percentiles of the time that produce takes in open loop at a fixed rate; the 99th is compared. */
export function latencyContest(bench: Bench, load: LatencyLoad): Contest {
  const requests = Math.ceil(load.seconds * load.ratePerSecond);
  return contest(bench, load, requests, load.ratePerSecond, {
    unit: "ms p99",
    better: "lower",
    figure: latencyOf,
  });
}

/** The 99th percentile as the figure, and those beside it. */
export function latencyOf({ latenciesMs }: DriveResult): Omit<Figures, "cpuMicros"> {
  const [p50, p99, p999] = [0.5, 0.99, 0.999].map((share) => percentile(latenciesMs, share));
  const percentiles = { p50: p50 as number, p99: p99 as number, p999: p999 as number };
  return { value: percentiles.p99, percentiles };
}

/** Requests a second that `server` takes in closed loop. */
export async function peakOf(
  server: Server,
  shape: ProduceShape,
  requests: number,
): Promise<number> {
  const topic = "peak";
  await createTopic(server.port, topic, shape.partitions, configsOf(shape.isSynced));
  const result = await produce(server, { shape, requests, topic, ratePerSecond: null });
  await deleteTopic(server.port, topic);
  return requests / result.seconds;
}

function contest(
  bench: Bench,
  load: Omit<ProduceLoad, "requests">,
  requests: number,
  ratePerSecond: number | null,
  measure: Pick<Contest, "unit" | "better"> & {
    figure(result: DriveResult): Omit<Figures, "cpuMicros">;
  },
): Contest {
  const { name, reach, rounds } = load;
  const { unit, better, figure } = measure;
  const run = async (server: Server, topic: string | null): Promise<Figures> => {
    const { result, cpuMicros } = await measured(server, requests, () =>
      produce(server, { shape: load, requests, topic, ratePerSecond }),
    );
    return { ...figure(result), cpuMicros };
  };
  return {
    name,
    unit,
    reach,
    better,
    rounds,
    floor: async () => {
      const path = `${bench.folder}/floor.data`;
      const mode = load.isSynced ? "produce-sync" : "produce";
      await using server = await start(floorProgram(mode, path));
      const figures = await run(server, null);
      removeFolder(path);
      return figures;
    },
    ...both(bench, async (server, round) => {
      const topic = `${name.replaceAll(/[^a-z0-9]+/gi, "-")}-${round}`;
      await createTopic(server.port, topic, load.partitions, configsOf(load.isSynced));
      const figures = await run(server, topic);
      await deleteTopic(server.port, topic);
      return figures;
    }),
  };
}

/** `topic` is null for the floor, which knows none and whose answers say nothing. */
export function produce(
  server: Server,
  run: {
    readonly shape: ProduceShape;
    readonly requests: number;
    readonly topic: string | null;
    readonly ratePerSecond: number | null;
  },
): Promise<DriveResult> {
  const { shape, requests, topic, ratePerSecond } = run;
  const batch = batchOf(shape.batchBytes, shape.recordBytes);
  const frames = Array.from({ length: shape.partitions }, (_, at) =>
    produceFrame(topic ?? "floor", at, batch, shape.acks),
  );
  return drive({
    port: server.port,
    connections: shape.connections,
    inFlight: IN_FLIGHT,
    requests,
    ratePerSecond,
    frame: (n) => frames[n % frames.length] as Uint8Array,
    ...(topic === null ? {} : { check: checkProduce }),
  });
}

/** Throws where the first partition of a Produce answer is no success. */
export function checkProduce(answer: Buffer): void {
  const reader = new ByteReader(answer);
  readResponseHeader(reader, ProduceApi, PRODUCE_VERSION);
  const response = ProduceApi.response.read(reader, PRODUCE_VERSION);
  const result = response.responses[0]?.partitionResponses[0];
  if (result?.errorCode !== 0) throw new Error(`produce failed: ${JSON.stringify(result)}`);
}
