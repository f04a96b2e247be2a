/** What a large group of the consumer protocol (KIP-848) costs its broker. */
import { setTimeout as sleep } from "node:timers/promises";
import { ApiVersionsApi } from "@runnel/protocol/messages/18-api-versions.ts";
import { configsOf } from "../bench.ts";
import type { Fact } from "../facts.ts";
import type { Report } from "../report.ts";
import { spreadOf } from "../rounds.ts";
import { createTopic, removeFolder, runnelProgram, type Server, start } from "../servers.ts";
import type { Settings } from "../session.ts";
import { GroupMember } from "./group-member.ts";
import { Wire } from "./wire.ts";

const NAMES = { steady: "group heartbeats", join: "group join" } as const;

const MEMBERS = 1_000;
const PARTITIONS = 1_000;
const TOPIC = "shared-out";
/** Members that join before those who are there say again that they are. */
const JOINS_PER_TURN = 100;
/** Turns of all members after which the assignment must have settled. */
const TURNS_MAX = 50;
const STEADY_SECONDS = 20;
const JOINS = 9;
const PINGS_AROUND = 20;

export async function groupRows(report: Report, { folder }: Settings): Promise<void> {
  if (!Object.values(NAMES).some((name) => report.wants(name))) return;
  const dataDir = `${folder}/group`;
  {
    await using broker = await start(runnelProgram(dataDir));
    using group = new Group(broker);
    await createTopic(broker.port, TOPIC, PARTITIONS, configsOf(false));
    report.tell(`${NAMES.steady}: ${MEMBERS} members join`);
    for (let joined = 0; joined < MEMBERS; joined += JOINS_PER_TURN) {
      for (let count = 0; count < JOINS_PER_TURN; count += 1) await group.join();
      await group.turn();
    }
    await group.settle();
    await report.fact(NAMES.steady, () => steadyFact(broker, group));
    await report.fact(NAMES.join, () => joinFact(broker, group));
  }
  removeFolder(dataDir);
}

/**
 * CPU time of the broker while every member sends heartbeats at its interval, less that of a broker at rest; beside it, what as
 * many requests cost of which the broker has nothing to do.
 */
async function steadyFact(broker: Server, group: Group): Promise<Fact> {
  const ms = STEADY_SECONDS * 1_000;
  const shareOf = async (work: () => Promise<unknown>): Promise<number> => {
    const [before, startedAt] = [broker.cpuMicros(), performance.now()];
    await work();
    return (broker.cpuMicros() - before) / 10 / (performance.now() - startedAt);
  };
  const atRest = await shareOf(() => sleep(ms));
  const idle = (await shareOf(() => group.steadily(ms, (member) => member.ping()))) - atRest;
  // Last: members that sent something else were there all the same, but had not said so.
  await group.settle();
  const share = (await shareOf(() => group.steadily(ms, (member) => member.beat()))) - atRest;
  return {
    name: `${NAMES.steady}, ${MEMBERS} members in one group of KIP-848, each on its connection`,
    unit: "% of a core",
    value: share,
    reach: 3,
    note: `as many ApiVersions ${idle.toFixed(2)} %; at rest ${atRest.toFixed(2)} %`,
  };
}

/**
 * The longest time for which another client had no answer while a member joined: no less than the loop was
 * held up for, with the way there and back.
 */
async function joinFact(broker: Server, group: Group): Promise<Fact> {
  using other = await Wire.open(broker.port);
  const times: number[] = [];
  const usual: number[] = [];
  for (let round = 0; round < JOINS; round += 1) {
    const before: number[] = [];
    while (before.length < PINGS_AROUND) before.push(await ping(other));
    usual.push(spreadOf(before).median);
    let isJoined = false;
    const joining = group.join().finally(() => {
      isJoined = true;
    });
    const during: number[] = [];
    do during.push(await ping(other));
    while (!isJoined);
    await joining;
    times.push(spreadOf(during).max);
    await group.settle();
  }
  const spread = spreadOf(times);
  return {
    name: `${NAMES.join} beside ${MEMBERS} members, ${PARTITIONS} partitions: an answer to another client at most after`,
    unit: "ms",
    value: spread.median,
    spread,
    reach: 50,
    note: `${spreadOf(usual).median.toFixed(2)} ms otherwise`,
  };
}

async function ping(wire: Wire): Promise<number> {
  const startedAt = performance.now();
  await wire.call(ApiVersionsApi, 0, {});
  return performance.now() - startedAt;
}

/** Members, each with a connection of its own. */
class Group implements Disposable {
  readonly #broker: Server;
  readonly #members: GroupMember[] = [];

  constructor(broker: Server) {
    this.#broker = broker;
  }

  async join(): Promise<void> {
    const wire = await Wire.open(this.#broker.port);
    const member = new GroupMember(wire, { groupId: "large", topic: TOPIC });
    this.#members.push(member);
    await member.join();
  }

  /** Every member reports once; whether any was told something new. */
  async turn(): Promise<boolean> {
    const news = await Promise.all(this.#members.map((member) => member.report()));
    return news.includes(true);
  }

  /** Until all have what they are to have. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS_MAX; turn += 1) {
      const isNew = await this.turn();
      const epochs = new Set(this.#members.map(({ epoch }) => epoch));
      if (!isNew && epochs.size === 1) return;
    }
    throw new Error(`the group has not settled in ${TURNS_MAX} turns`);
  }

  /** Members send one after the other, each once in the interval that they are told for heartbeats. */
  async steadily(ms: number, send: (member: GroupMember) => Promise<void>): Promise<void> {
    const intervalMs = this.#members[0]?.heartbeatIntervalMs ?? 0;
    const startedAt = performance.now();
    const answers: Promise<void>[] = [];
    for (let sent = 0; ; ) {
      const elapsedMs = performance.now() - startedAt;
      if (elapsedMs > ms) break;
      const due = Math.floor((elapsedMs * this.#members.length) / intervalMs);
      for (; sent < due; sent += 1) {
        answers.push(send(this.#members[sent % this.#members.length] as GroupMember));
      }
      await sleep(1);
    }
    await Promise.all(answers);
  }

  [Symbol.dispose](): void {
    for (const member of this.#members) member[Symbol.dispose]();
  }
}
