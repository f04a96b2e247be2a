/** One key among millions: by a scan while there is no index, and by the index. */
import { Buffer } from "node:buffer";
import { setTimeout as sleep } from "node:timers/promises";
import { partitionOfKey } from "@runnel/protocol/partitioner.ts";
import { configsOf, IN_FLIGHT } from "../bench.ts";
import { drive } from "../driver.ts";
import type { Fact } from "../facts.ts";
import { checkProduce } from "../produce-loads.ts";
import type { Report } from "../report.ts";
import { spreadOf } from "../rounds.ts";
import { createTopic, removeFolder } from "../servers.ts";
import type { Settings } from "../session.ts";
import { BatchForm } from "./batch-form.ts";
import type { Scale } from "./scale.ts";
import { type AdminBroker, startBroker } from "./servers.ts";
import { type TimedSearch, timeSearch } from "./timed-search.ts";

export const KEY_ROW = "exact key";
/** How long nobody wonders what a search does: a shorter one need not say how far it is. */
const SILENCE_MS = 1_000;

const TOPIC = "by-key";
const PARTITIONS = 4;
const RECORDS_PER_BATCH = 500;
const KEY_DIGITS = 10;
/** Keys that are looked up in each round. */
const LOOKUPS_PER_ROUND = 5;
const INDEX_POLL_MS = 2_000;
const INDEX_MS_MAX = 30 * 60_000;
/** What lies behind the last run of an index is scanned: of each partition at most so much. */
const UNINDEXED_BYTES_MAX = 16 * 1024 * 1024;
const INDEX_ENABLE = "runnel.key.index.enable";

const utf8 = new TextEncoder();
const keyOf = (number: string): string => `k-${number}`;

export async function keyRows(
  report: Report,
  { folder, rounds }: Settings,
  scale: Scale,
): Promise<void> {
  if (!report.wants(KEY_ROW)) return;
  const dataDir = `${folder}/keys`;
  {
    await using broker = await startBroker(dataDir);
    await createTopic(broker.port, TOPIC, PARTITIONS, {
      ...configsOf(false),
      [INDEX_ENABLE]: "false",
    });
    report.tell(`${KEY_ROW}: producing ${scale.keys} events`);
    const samples = await produceKeys(broker, scale.keys);
    const name = `${KEY_ROW} among ${scale.keys / 1e6} million`;
    await report.fact(name, () => withoutIndex(broker, name, samples));
    await buildIndex(broker, report);
    await report.fact(name, () => byIndex(broker, name, samples, rounds * LOOKUPS_PER_ROUND));
  }
  removeFolder(dataDir);
}

/** The oldest key, which a search from the newest finds last. */
async function withoutIndex(
  broker: AdminBroker,
  name: string,
  samples: readonly string[],
): Promise<Fact> {
  const [oldest = ""] = samples;
  const search = await lookUp(broker, oldest);
  const { done, progressCount, firstMs } = search;
  const partitions = done.coverage?.partitions.length ?? 0;
  const unsaid = [
    progressCount === 0 && (firstMs ?? 0) > SILENCE_MS,
    done.coverage === null,
    done.keyIndex === null,
  ].filter(Boolean).length;
  return {
    name: `${name}, no index: what is not said of progress, partitions, index`,
    unit: "of 3",
    value: unsaid,
    reach: 0,
    note:
      `first hit after ${((firstMs ?? 0) / 1000).toFixed(2)} s and ${progressCount} messages of ` +
      `progress; ${partitions} of ${PARTITIONS} partitions read, ` +
      `${(done.bytes / 1e6).toFixed(0)} MB; ${done.keyIndex?.indexedBytes ?? "?"} bytes by index`,
  };
}

async function byIndex(
  broker: AdminBroker,
  name: string,
  samples: readonly string[],
  lookups: number,
): Promise<Fact> {
  const firsts: number[] = [];
  let bytes = 0;
  // The first search starts the thread.
  await lookUp(broker, samples[0] as string);
  for (let n = 0; n < lookups; n += 1) {
    const key = samples[Math.floor((n * samples.length) / lookups)] as string;
    const { firstMs, done } = await lookUp(broker, key);
    firsts.push(firstMs ?? Number.NaN);
    bytes += done.bytes;
  }
  const spread = spreadOf(firsts);
  return {
    name: `${name}, index warm: first hit`,
    unit: "ms",
    value: spread.median,
    spread,
    reach: 1_000,
    note: `${lookups} keys, ${(bytes / lookups / 1024).toFixed(0)} KiB of log read for one`,
  };
}

async function lookUp({ api }: AdminBroker, key: string): Promise<TimedSearch> {
  const search = await timeSearch(api, TOPIC, { key });
  if (search.events !== 1) throw new Error(`${key}: found ${search.events} times instead of once`);
  return search;
}

/** Lets the key index be made, and waits until it answers for all but the ends of partitions. */
async function buildIndex({ api }: AdminBroker, report: Report): Promise<void> {
  const params = { topic: TOPIC };
  await api.changeTopicConfigs({ params, body: { configs: { [INDEX_ENABLE]: "true" } } });
  const startedAt = performance.now();
  for (;;) {
    let isDone = true;
    let total = { bytes: 0, indexedBytes: 0 };
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const query = { key: "nobody", partitions: String(partition), from: "earliest" };
      const { keyIndex } = (await timeSearch(api, TOPIC, query)).done;
      const { bytes, indexedBytes } = keyIndex ?? { bytes: 0, indexedBytes: 0 };
      total = { bytes: total.bytes + bytes, indexedBytes: total.indexedBytes + indexedBytes };
      isDone &&= bytes - indexedBytes < UNINDEXED_BYTES_MAX;
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const share = ((total.indexedBytes / total.bytes) * 100).toFixed(0);
    report.tell(`  ${share} % indexed after ${seconds.toFixed(0)} s`);
    if (isDone) return;
    if (seconds * 1000 > INDEX_MS_MAX) throw new Error("the key index is not made in time");
    await sleep(INDEX_POLL_MS);
  }
}

/** Fills the topic with about `count` events and as many keys; some of the keys, oldest first. */
async function produceKeys({ port }: AdminBroker, count: number): Promise<string[]> {
  const forms = Array.from({ length: PARTITIONS }, (_, partition) => formOf(partition));
  const used = forms.map(() => 0);
  const requests = Math.floor(count / RECORDS_PER_BATCH);
  const sampleEvery = Math.max(1, Math.floor(requests / 1_000));
  const samples: string[] = [];
  const startedAt = Date.now() - count - 3_600_000;
  let number = 0;
  const nextFrame = (n: number): Uint8Array => {
    for (;;) {
      number += 1;
      const key = keyOf(String(number).padStart(KEY_DIGITS, "0"));
      const partition = partitionOfKey(Buffer.from(key, "latin1"), PARTITIONS);
      const form = forms[partition] as BatchForm;
      form.set(used[partition] as number, number);
      used[partition] = (used[partition] as number) + 1;
      if (used[partition] !== RECORDS_PER_BATCH) continue;
      used[partition] = 0;
      if (n % sampleEvery === 0) samples.push(key);
      return form.request(startedAt + number);
    }
  };
  await drive({
    port,
    // One, so that what is older lies in front.
    connections: 1,
    inFlight: IN_FLIGHT,
    requests,
    ratePerSecond: null,
    frame: nextFrame,
    check: checkProduce,
  });
  return samples;
}

function formOf(partition: number): BatchForm {
  return new BatchForm({
    topic: TOPIC,
    partition,
    recordCount: RECORDS_PER_BATCH,
    digits: KEY_DIGITS,
    record: (number) => ({
      key: utf8.encode(keyOf(number)),
      value: utf8.encode(`{"id":"${keyOf(number)}","state":"paid","total":19.99}`),
    }),
  });
}
