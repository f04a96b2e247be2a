/** How long a broker that remembers much takes until it can be used again. */
import { setTimeout as sleep } from "node:timers/promises";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { OffsetCommitApi } from "@runnel/protocol/messages/08-offset-commit.ts";
import { OffsetFetchApi } from "@runnel/protocol/messages/09-offset-fetch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { configsOf, IN_FLIGHT } from "../bench.ts";
import { drive } from "../driver.ts";
import type { Fact } from "../facts.ts";
import { frameOf, PRODUCE_VERSION } from "../requests.ts";
import { spreadOf } from "../rounds.ts";
import { createTopic, removeFolder, runnelProgram, type Server, start } from "../servers.ts";
import { Wire } from "./wire.ts";

const PRODUCERS = 100_000;
const GROUPS = 100;
const PARTITIONS = 1_000;
const COMMIT_VERSION = 8;
const FETCH_VERSION = 8;
const STARTS = 3;
const POLL_MS = 5;
/** The coordinator is being made, or loads. */
const NOT_YET = new Set([14, 15, 16]);

/** From spawn until every group's offset is given and a producer's batch is recognised. */
export async function restartFact(folder: string, name: string): Promise<Fact> {
  const dataDir = `${folder}/remembered`;
  {
    await using server = await start(runnelProgram(dataDir));
    await createTopic(server.port, "producers", 1, configsOf(false));
    await createTopic(server.port, "offsets", PARTITIONS, configsOf(false));
    await produceAsMany(server);
    await commitMany(server);
  }
  const times: number[] = [];
  for (let round = 0; round < STARTS; round += 1) {
    const startedAt = performance.now();
    await using server = await start(runnelProgram(dataDir));
    await untilRemembered(server);
    times.push(performance.now() - startedAt);
  }
  removeFolder(dataDir);
  const spread = spreadOf(times);
  const producers = PRODUCERS.toLocaleString("en");
  const offsets = (GROUPS * PARTITIONS).toLocaleString("en");
  return {
    name: `${name}: ${producers} producer ids and ${offsets} committed offsets there again`,
    unit: "ms",
    value: spread.median,
    spread,
    reach: 3_000,
  };
}

const value = new Uint8Array(10);

function produceRequest(producerId: bigint): Uint8Array {
  const producer = { producerId, producerEpoch: 0, baseSequence: 0 };
  const records = [{ key: null, value, timestamp: Date.now() }];
  return frameOf(ProduceApi, PRODUCE_VERSION, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 30_000,
    topicData: [
      {
        name: "producers",
        partitionData: [{ index: 0, records: buildBatch({ records, ...producer }) }],
      },
    ],
  });
}

async function produceAsMany({ port }: Server): Promise<void> {
  await drive({
    port,
    connections: 4,
    inFlight: IN_FLIGHT,
    requests: PRODUCERS,
    ratePerSecond: null,
    frame: (n) => produceRequest(BigInt(n) + 2n ** 40n),
  });
}

async function commitMany({ port }: Server): Promise<void> {
  using wire = await Wire.open(port);
  const partitions = Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({
    partitionIndex,
    committedOffset: 0,
    committedLeaderEpoch: -1,
    committedMetadata: "",
  }));
  for (let group = 0; group < GROUPS; group += 1) {
    await untilReady(async () => {
      const answer = await wire.call(OffsetCommitApi, COMMIT_VERSION, {
        groupId: `group-${group}`,
        generationIdOrMemberEpoch: -1,
        memberId: "",
        topics: [{ name: "offsets", partitions }],
      });
      return answer.topics[0]?.partitions[0]?.errorCode ?? -1;
    });
  }
}

async function untilRemembered({ port }: Server): Promise<void> {
  using wire = await Wire.open(port);
  for (let group = 0; group < GROUPS; group += 1) {
    await untilReady(async () => {
      const answer = await wire.call(OffsetFetchApi, FETCH_VERSION, {
        groups: [{ groupId: `group-${group}`, topics: null }],
        requireStable: false,
      });
      const found = answer.groups[0];
      if (found?.errorCode === 0 && found.topics[0]?.partitions.length !== PARTITIONS) {
        throw new Error(`group-${group}: offsets are missing`);
      }
      return found?.errorCode ?? -1;
    });
  }
  await wire.exchange(produceRequest(2n ** 40n));
}

/** Asks until there is an answer; throws for an error that does not pass. */
async function untilReady(ask: () => Promise<number>): Promise<void> {
  for (;;) {
    const errorCode = await ask();
    if (errorCode === 0) return;
    if (!NOT_YET.has(errorCode)) throw new Error(`error ${errorCode}`);
    await sleep(POLL_MS);
  }
}
