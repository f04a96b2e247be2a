/** Fetches of 1 MiB, each load against the floor and against a broker, in turn. */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { readResponseHeader } from "@runnel/protocol/headers.ts";
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import { type Bench, both, configsOf, IN_FLIGHT, KIB, MIB, measured } from "./bench.ts";
import { drive } from "./driver.ts";
import { checkProduce } from "./produce-loads.ts";
import { batchOf, FETCH_VERSION, fetchFrame, produceFrame } from "./requests.ts";
import type { Contest, Figures } from "./rounds.ts";
import { createTopic, floorProgram, type Server, start } from "./servers.ts";

/** What a topic for reading is filled with. */
const BATCH_BYTES = 64 * KIB;
const RECORD_BYTES = 1 * KIB;
const RECORDS_PER_BATCH = Math.floor((BATCH_BYTES - 61) / RECORD_BYTES);
const BATCHES_PER_FETCH = MIB / BATCH_BYTES;

export interface FetchLoad {
  readonly name: string;
  readonly connections: number;
  readonly requests: number;
  readonly reach: number | null;
  readonly rounds: number;
  /** A topic of one partition that was filled with so many batches. */
  readonly topic: string;
  readonly batches: number;
  /** Whether every connection reads all of it, as consumers do, or all of them share it out. */
  readonly isEach: boolean;
  readonly mode: "fetch-memory" | "fetch-file";
}

/** Throughput of 1 MiB fetches over the whole of a topic, again and again. */
export function fetchContest(bench: Bench, load: FetchLoad): Contest {
  const span = Math.floor(load.batches / BATCHES_PER_FETCH);
  const frames = Array.from({ length: span }, (_, at) =>
    fetchFrame(load.topic, 0, at * BATCHES_PER_FETCH * RECORDS_PER_BATCH, MIB),
  );
  const fetched = async (server: Server, isChecked: boolean): Promise<Figures> => {
    const { result, cpuMicros } = await measured(server, load.requests, () =>
      drive({
        port: server.port,
        connections: load.connections,
        inFlight: IN_FLIGHT,
        requests: load.requests,
        ratePerSecond: null,
        frame: (n, nth) => frames[(load.isEach ? nth : n) % span] as Uint8Array,
        ...(isChecked ? { check: checkFetch } : {}),
      }),
    );
    return { value: result.receivedBytes / 1e6 / result.seconds, cpuMicros };
  };
  return {
    name: load.name,
    unit: "MB/s",
    reach: load.reach,
    better: "higher",
    rounds: load.rounds,
    floor: async () => {
      const path = `${bench.folder}/${load.mode === "fetch-file" ? "floor-read.data" : "none"}`;
      await using server = await start(floorProgram(load.mode, path));
      return await fetched(server, false);
    },
    ...both(bench, (server) => fetched(server, true)),
  };
}

/** Fills a topic of one partition with so many batches. */
export async function fill(server: Server, topic: string, batches: number): Promise<void> {
  await createTopic(server.port, topic, 1, configsOf(false));
  const frame = produceFrame(topic, 0, batchOf(BATCH_BYTES, RECORD_BYTES), -1);
  await drive({
    port: server.port,
    connections: 1,
    inFlight: IN_FLIGHT,
    requests: batches,
    ratePerSecond: null,
    frame: () => frame,
    check: checkProduce,
  });
}

function checkFetch(answer: Buffer): void {
  const reader = new ByteReader(answer);
  readResponseHeader(reader, FetchApi, FETCH_VERSION);
  const response = FetchApi.response.read(reader, FETCH_VERSION);
  const result = response.responses[0]?.partitions[0];
  if (result?.errorCode !== 0) throw new Error(`fetch failed: error ${result?.errorCode}`);
  const bytes = result.records?.length ?? 0;
  if (bytes < MIB / 2) throw new Error(`fetch of 1 MiB gave ${bytes} bytes`);
}
