/** Reading a topic of transactions with and without those that are not committed. */
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import { type Bench, CONNECTIONS, configsOf, IN_FLIGHT, KIB, MIB, measured } from "../bench.ts";
import { drive } from "../driver.ts";
import { FETCH_VERSION, frameOf } from "../requests.ts";
import type { Contest, Figures } from "../rounds.ts";
import { createTopic } from "../servers.ts";
import { LoadProducer } from "./producer.ts";

const TOPIC = "committed";
const TRANSACTIONS = 64;
const BATCHES_PER_TRANSACTION = 16;
const BATCH_BYTES = 64 * KIB;
const RECORD_BYTES = KIB;
const RECORDS_PER_BATCH = Math.floor((BATCH_BYTES - 61) / RECORD_BYTES);
const REQUESTS = 2_000;
/** Batches that a fetch of 1 MiB may have, and the marker that stands between two transactions. */
const OFFSETS_PER_TRANSACTION = BATCHES_PER_TRANSACTION * RECORDS_PER_BATCH + 1;

/** CPU time of the broker per megabyte, over transactions of 1 MiB from the tail cache. */
export async function readContest(
  { broker }: Bench,
  rounds: number,
  name: string,
): Promise<Contest> {
  await createTopic(broker.port, TOPIC, 1, configsOf(false));
  using producer = await LoadProducer.open(broker.port, {
    topic: TOPIC,
    partitions: [0],
    batchBytes: BATCH_BYTES,
    recordBytes: RECORD_BYTES,
    kind: "transactional",
    transactionalId: "load-committed",
  });
  for (let transaction = 0; transaction < TRANSACTIONS; transaction += 1) {
    for (let batch = 0; batch < BATCHES_PER_TRANSACTION; batch += 1) await producer.send();
    await producer.commit();
  }
  const run = async (isolationLevel: number): Promise<Figures> => {
    const frames = Array.from({ length: TRANSACTIONS - 1 }, (_, at) =>
      fetchFrame(at * OFFSETS_PER_TRANSACTION, isolationLevel),
    );
    const { result, cpuMicros } = await measured(broker, REQUESTS, () =>
      drive({
        port: broker.port,
        connections: CONNECTIONS,
        inFlight: IN_FLIGHT,
        requests: REQUESTS,
        ratePerSecond: null,
        frame: (n) => frames[n % frames.length] as Uint8Array,
      }),
    );
    const megabytes = result.receivedBytes / 1e6;
    if (megabytes < REQUESTS / 2) throw new Error(`fetches of 1 MiB gave ${megabytes} MB in all`);
    return { value: (cpuMicros * REQUESTS) / megabytes, cpuMicros };
  };
  return {
    name,
    unit: "µs CPU a MB",
    reach: 1.05,
    better: "lower",
    rounds,
    names: { floor: "read_uncommitted", runnel: "read_committed" },
    floor: () => run(0),
    runnel: () => run(1),
    kafka: null,
  };
}

function fetchFrame(fetchOffset: number, isolationLevel: number): Uint8Array {
  return frameOf(FetchApi, FETCH_VERSION, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: MIB,
    isolationLevel,
    topics: [{ topic: TOPIC, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: MIB }] }],
    forgottenTopicsData: [],
  });
}
