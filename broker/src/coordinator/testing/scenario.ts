/**
 * Plays a scenario file against the state machine of a shard: commands in, what came of them out.
 *
 *   # comment
 *   command key=value …
 *   ----
 *   what it printed the last time
 *
 * Time stands still but for `advance`. Records are committed at once; `reload` makes a new machine from
 * them. `beat` is a heartbeat of the consumer protocol. A member's fresh id is its client's name or
 * instance id with a running number. The coordinator of transactions says yes at once, or at `go` where a
 * commit says `hold`.
 */
import { assert } from "@runnel/kit/assert.ts";
import { messageOf } from "@runnel/kit/errors.ts";
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import { encodeSubscription } from "@runnel/protocol/coordinator-records/consumer-protocol.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { isConsumerRecord } from "../consumer-group/records.ts";
import type { GroupEvent, SyncEvent, TransactionCommitEvent } from "../group/events.ts";
import { GroupShard, type GroupShardEvent, type GroupShardReply } from "../group/group-shard.ts";
import type { GroupRecord } from "../group/records.ts";
import { emptyUsage } from "../limits.ts";
import type { GroupConfig, LoadedItem, ProducerIdentity } from "../ports.ts";
import { DeadlineQueue } from "../runtime/deadline-queue.ts";
import { replayParts, StepBatch } from "../runtime/step-batch.ts";
import {
  consumerGroupText,
  consumerHeartbeatOf,
  consumerRecordText,
  consumerResultText,
  consumerStateLine,
} from "./consumer-scenario.ts";
import { FakeTopics, topicIdOf } from "./fake-topics.ts";
import { appendItems } from "./memory-log.ts";
import { assignmentBytes, ownedPlaces, pairs, topicsOf } from "./scenario-arguments.ts";
import { replayItem, topicSources } from "./state.ts";

export { topicIdOf } from "./fake-topics.ts";

export const DEFAULT_CONFIG: GroupConfig = {
  initialRebalanceDelayMs: 3000,
  sessionTimeoutMsMin: 6000,
  sessionTimeoutMsMax: 1_800_000,
  groupSizeMax: 0x7fff_ffff,
  offsetMetadataBytesMax: 4096,
  offsetsRetentionMs: 7 * 24 * 3_600_000,
  offsetsRetentionCheckIntervalMs: 600_000,
  consumer: {
    groupSizeMax: 0x7fff_ffff,
    assignors: ["uniform", "range"],
    migrationPolicy: "bidirectional",
    timingsOf: () => ({ sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5_000 }),
  },
};

const GROUP = "g";
const WALL_START = 1_000_000;

/** The text with every output replaced by what the commands print now. */
export function playScenario(text: string): string {
  const scenario = new Scenario();
  const blocks = text.trimEnd().split(/\n\n+/);
  return `${blocks
    .map((block) => {
      const lines = block.split("\n");
      const end = lines.indexOf("----");
      const input = end < 0 ? lines : lines.slice(0, end);
      const command = input.findLast((line) => !line.startsWith("#"));
      if (command === undefined) return block;
      return [...input, "----", ...scenario.run(command)].join("\n");
    })
    .join("\n\n")}\n`;
}

type Arguments = ReadonlyMap<string, string>;

class Scenario {
  #config = DEFAULT_CONFIG;
  readonly #topics = new FakeTopics();
  #machine = this.#newMachine();
  #deadlines = new DeadlineQueue();
  #nowMs = 0;
  #lastTicket = 0;
  readonly #log: LoadedItem[] = [];
  /** Commits whose leave is on its way, by producer id. */
  readonly #held = new Map<bigint, TransactionCommitEvent>();
  readonly #freshIds = new Map<string, number>();
  #lines: string[] = [];
  #isHeld = false;

  run(command: string): string[] {
    this.#lines = [];
    const [name = "", ...words] = command.split(/\s+/);
    const args = new Map(
      words.map((word): [string, string] => {
        const at = word.indexOf("=");
        return at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
      }),
    );
    try {
      this.#play(name, args);
    } catch (error) {
      this.#lines.push(`! ${messageOf(error)}`);
    }
    this.#lines.push(this.#stateLine());
    return this.#lines;
  }

  #play(name: string, args: Arguments): void {
    switch (name) {
      case "topic":
        for (const [topic, count] of args) this.#topics.add(topic, Number(count));
        return;
      case "delete-topic":
        for (const topic of args.keys()) this.#topics.remove(topic);
        return;
      case "config":
        for (const [key, value] of args) this.#configure(key, Number(value));
        return;
      case "advance":
        return this.#advance(Number([...args.keys()][0]));
      case "pause":
        this.#nowMs += Number([...args.keys()][0]);
        return this.#tick(true);
      case "reload":
        return this.#reload();
      case "go":
        return this.#go(producerOf(args));
      default:
        return this.#submit(this.#eventOf(name, args));
    }
  }

  #configure(key: string, value: number): void {
    const consumer = { ...this.#config.consumer, groupSizeMax: value };
    this.#config =
      key === "consumerSizeMax" ? { ...this.#config, consumer } : { ...this.#config, [key]: value };
  }

  #submit(event: GroupShardEvent): void {
    const step = this.#machine.step(event, this.#moment());
    const key = this.#machine.keyOf(event);
    if (key !== null && step.deadlineMs !== null) this.#deadlines.set(key, step.deadlineMs);
    for (const record of step.records) this.#lines.push(`record ${recordText(record)}`);
    if (step.marker !== undefined) {
      const { producerId, isCommit } = step.marker;
      this.#lines.push(`record ${isCommit ? "commit" : "abort"} of ${producerId}`);
    }
    const batch = new StepBatch<GroupRecord, GroupShardReply>((one) => this.#machine.encode(one));
    batch.add(step, { key, isMergeable: false });
    const outcomes = batch.parts.map((part) => {
      const baseOffset = this.#log.length;
      appendItems(this.#log, part.batch, this.#moment().wallMs);
      return { errorCode: ErrorCode.NONE, baseOffset };
    });
    replayParts(this.#machine, batch.parts, outcomes);
    for (const reply of step.replies) this.#receive(event, reply);
  }

  #receive(event: GroupShardEvent, reply: GroupShardReply): void {
    this.#lines.push(replyText(reply));
    if (event.kind !== "transaction-commit" || reply.kind !== "transaction-commit") return;
    const { admission } = reply.result;
    if (admission === null) return;
    this.#held.set(admission.producerId, { ...event, admission });
    if (!this.#isHeld) this.#go(event.producer);
  }

  /** The coordinator of the producer's transaction says yes. */
  #go({ producerId }: ProducerIdentity): void {
    const event = this.#held.get(producerId);
    assert(event !== undefined, `producer ${producerId} waits for nothing`);
    this.#held.delete(producerId);
    this.#submit(event);
  }

  #advance(ms: number): void {
    const until = this.#nowMs + ms;
    for (let next = this.#deadlines.next(); next !== null && next <= until; ) {
      this.#nowMs = Math.max(this.#nowMs, next);
      this.#tick(false);
      next = this.#deadlines.next();
    }
    this.#nowMs = until;
  }

  #tick(isLate: boolean): void {
    for (let due = this.#deadlines.takeDue(this.#nowMs); due !== null; ) {
      const before = this.#lines.length;
      this.#submit(this.#machine.tick(due.key, isLate));
      if (this.#lines.length > before) this.#lines.splice(before, 0, `at ${this.#nowMs}`);
      due = this.#deadlines.takeDue(this.#nowMs);
    }
  }

  #reload(): void {
    this.#machine.close();
    this.#machine = this.#newMachine();
    this.#deadlines = new DeadlineQueue();
    for (const item of this.#log) replayItem(this.#machine, item);
    for (const [key, at] of this.#machine.begin(this.#moment())) this.#deadlines.set(key, at);
  }

  #newMachine(): GroupShard {
    return new GroupShard(emptyUsage(), () => this.#config, topicSources(this.#topics));
  }

  #moment(): { nowMs: number; wallMs: number } {
    return { nowMs: this.#nowMs, wallMs: WALL_START + this.#nowMs };
  }

  #eventOf(name: string, args: Arguments): GroupShardEvent {
    this.#lastTicket += 1;
    this.#isHeld = args.has("hold");
    const request = { ticket: this.#lastTicket, groupId: GROUP };
    const memberId = args.get("id") ?? "";
    const groupInstanceId = args.get("instance") ?? null;
    const generationId = Number(args.get("gen") ?? -1);
    const identity = { memberId, groupInstanceId, generationId };
    switch (name) {
      case "join":
        return this.#joinOf(args, { ...request, ...identity });
      case "sync":
        return { ...request, ...identity, ...syncOf(args) };
      case "beat":
        return consumerHeartbeatOf(request, args);
      case "heartbeat":
        return { ...request, ...identity, kind: "heartbeat" };
      case "leave":
        return { ...request, kind: "leave", members: [{ memberId, groupInstanceId }] };
      case "commit":
        return { ...request, ...identity, ...commitOf(args) };
      case "txn-commit": {
        const producer = producerOf(args);
        const kind = "transaction-commit";
        return { ...request, ...identity, ...commitOf(args), kind, producer, admission: null };
      }
      case "end":
        return endOf(request.ticket, args);
      case "fetch":
        return {
          ...request,
          kind: "fetch-offsets",
          topics: args.has("of") ? topicsOf(args.get("of")) : null,
          requireStable: args.has("stable"),
          claim: args.has("epoch") ? { memberId, memberEpoch: Number(args.get("epoch")) } : null,
        };
      case "delete-offsets":
        return {
          ...request,
          kind: "delete-offsets",
          topics: topicsOf(args.get("of")),
          isValidateOnly: args.has("dry"),
        };
      case "describe":
        return { ...request, kind: name };
      case "delete":
        return { ...request, kind: name, isValidateOnly: args.has("dry") };
      case "list":
        return { kind: "list", ticket: request.ticket };
      case "expire-offsets":
        return { kind: "expire-offsets", groupId: GROUP, nowMs: this.#moment().wallMs };
      case "topics-deleted":
        return {
          kind: "topics-deleted",
          groupId: GROUP,
          topicIds: new Map([...args.keys()].map((topic) => [topic, topicIdOf(topic)])),
        };
      default:
        throw new TypeError(`no command ${name}`);
    }
  }

  #joinOf(
    args: Arguments,
    identity: {
      ticket: number;
      groupId: string;
      memberId: string;
      groupInstanceId: string | null;
    },
  ): GroupEvent {
    const clientId = args.get("client") ?? "";
    const version = Number(args.get("v") ?? 9);
    const sessionTimeoutMs = Number(args.get("session") ?? 10_000);
    const protocolType = args.get("type") ?? "consumer";
    return {
      ...identity,
      kind: "join",
      freshMemberId: identity.memberId === "" ? this.#freshId(identity, clientId) : "",
      clientId,
      clientHost: "/127.0.0.1",
      sessionTimeoutMs,
      rebalanceTimeoutMs: Number(args.get("rebalance") ?? 60_000),
      protocolType,
      protocols: pairs(args.get("protocols") ?? "range:t").map(([name, text]) => ({
        name,
        metadata:
          protocolType === "consumer" && text !== "?"
            ? encodeSubscription(
                { topics: text.split("+"), ownedPartitions: ownedPlaces(args.get("has")) },
                args.has("has") ? 1 : 0,
              )
            : bytes(text),
      })),
      needsKnownMemberId: version >= 4,
      canSkipAssignment: version >= 9,
    };
  }

  #freshId({ groupInstanceId }: { groupInstanceId: string | null }, clientId: string): string {
    const name = groupInstanceId ?? clientId;
    const number = (this.#freshIds.get(name) ?? 0) + 1;
    this.#freshIds.set(name, number);
    return `${name}-${number}`;
  }

  #stateLine(): string {
    const group = this.#machine.groups.get(GROUP);
    if (group === undefined) return "= no group";
    if (group.consumer !== null) return consumerStateLine(group, group.consumer);
    const members = [...group.members.values()].map((member) => {
      const marks = [
        member.memberId === group.leaderId ? "*" : "",
        member.parkedJoin !== null ? "(joins)" : "",
        member.parkedSync !== null ? "(syncs)" : "",
      ];
      return member.memberId + marks.join("");
    });
    const pending = [...group.pendingMembers.keys()];
    return [
      `= ${group.state} gen=${group.generationId}`,
      members.length > 0 ? ` members=${members.join(",")}` : "",
      pending.length > 0 ? ` pending=${pending.join(",")}` : "",
      group.offsetCount > 0 ? ` offsets=${group.offsetCount}` : "",
      group.pending.size > 0 ? ` pending-offsets=${group.pending.size}` : "",
    ].join("");
  }
}

function syncOf(
  args: Arguments,
): Pick<SyncEvent, "kind" | "protocolType" | "protocolName" | "assignments"> {
  return {
    kind: "sync",
    protocolType: args.get("type") ?? null,
    protocolName: args.get("protocol") ?? null,
    assignments: new Map([
      ...pairs(args.get("assign")).map(([id, text]) => [id, bytes(text)] as const),
      ...pairs(args.get("owns")).map(([id, text]) => [id, assignmentBytes(text)] as const),
    ]),
  };
}

function commitOf(
  args: Arguments,
): Omit<
  Extract<GroupEvent, { kind: "commit" }>,
  "ticket" | "groupId" | "memberId" | "groupInstanceId" | "generationId"
> {
  const version = Number(args.get("v") ?? 9);
  return {
    kind: "commit",
    retentionTimeMs: Number(args.get("retention") ?? -1),
    missingGroupError: version >= 9 ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION,
    hasMemberEpoch: version >= 9,
    offsets: pairs(args.get("offsets")).map(([place, offset]) => {
      const [topic = "", partition = "0"] = place.split("/");
      return {
        topic,
        topicId: args.has("no-id") ? ZERO_UUID : topicIdOf(topic),
        partition: Number(partition),
        offset: Number(offset),
        leaderEpoch: 0,
        metadata: args.get("metadata") ?? "",
      };
    }),
  };
}

function producerOf(args: Arguments): ProducerIdentity {
  const producerId = BigInt(args.get("producer") ?? 1);
  return { producerId, producerEpoch: Number(args.get("epoch") ?? 0) };
}

function endOf(ticket: number, args: Arguments): GroupShardEvent {
  const producer = { ...producerOf(args), coordinatorEpoch: 0, transactionVersion: 1 };
  const marker = { ...producer, isCommit: args.has("commit") };
  return { kind: "end-transaction", ticket, marker };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const readable = (given: Uint8Array): string =>
  new TextDecoder()
    .decode(given)
    .replaceAll(/[^\w+?-]+/g, ".")
    .replaceAll(/^\.+|\.+$/g, "") || "-";

function recordText(record: GroupRecord): string {
  if (isConsumerRecord(record)) return consumerRecordText(record);
  if (record.kind !== "group") {
    const place = `${record.topic}/${record.partition}`;
    if (record.value === null) return `${place} removed`;
    const { offset, expiresAt } = record.value;
    if (record.kind === "pending-offset") {
      return `${place}=${offset} in a transaction of ${record.producer.producerId}`;
    }
    return `${place}=${offset}${expiresAt === -1 ? "" : ` expires=${expiresAt - WALL_START}`}`;
  }
  if (record.value === null) return "group removed";
  const { generationId, protocolName, leaderId, members } = record.value;
  const list = members.map(({ memberId, assignment }) => `${memberId}:${readable(assignment)}`);
  return `group gen=${generationId} protocol=${protocolName} leader=${leaderId} [${list.join(" ")}]`;
}

function replyText(reply: GroupShardReply): string {
  return `#${reply.ticket} ${reply.kind}: ${resultText(reply)}`;
}

function resultText(reply: GroupShardReply): string {
  switch (reply.kind) {
    case "join": {
      const { errorCode, memberId, generationId, protocolName, leaderId, members } = reply.result;
      if (errorCode !== ErrorCode.NONE) return `${errorName(errorCode)} id=${memberId}`;
      const list = members.map((member) => `${member.memberId}:${readable(member.metadata)}`);
      const skip = reply.result.skipAssignment ? " skip-assignment" : "";
      const all = list.length > 0 ? ` [${list.join(" ")}]` : "";
      return `id=${memberId} gen=${generationId} protocol=${protocolName} leader=${leaderId}${skip}${all}`;
    }
    case "sync": {
      const { errorCode, assignment } = reply.result;
      return errorCode === ErrorCode.NONE ? readable(assignment) : errorName(errorCode);
    }
    case "leave":
      return reply.result.members
        .map(
          (member) => `${member.memberId || member.groupInstanceId}=${errorName(member.errorCode)}`,
        )
        .join(" ");
    case "commit":
      return reply.result.errorCodes.map(errorName).join(" ");
    case "transaction-commit": {
      const { errorCodes, admission } = reply.result;
      return admission === null ? errorCodes.map(errorName).join(" ") : "asks for leave";
    }
    case "fetch-offsets":
      if (reply.result.errorCode !== ErrorCode.NONE) return errorName(reply.result.errorCode);
      return reply.result.topics
        .flatMap(({ topic, partitions }) =>
          partitions.map(({ partition, value, errorCode }) => {
            const found = value?.offset ?? -1;
            return `${topic}/${partition}=${errorCode === 0 ? found : errorName(errorCode)}`;
          }),
        )
        .join(" ");
    case "delete-offsets": {
      const { errorCode, topics } = reply.result;
      if (errorCode !== ErrorCode.NONE) return errorName(errorCode);
      return topics
        .flatMap(({ topic, partitions }) =>
          partitions.map((entry) => `${topic}/${entry.partition}=${errorName(entry.errorCode)}`),
        )
        .join(" ");
    }
    case "describe": {
      const { group } = reply.result;
      if (group === null) return "no group";
      if (group.type === "consumer") return consumerGroupText(group);
      const members = group.members.map(
        ({ memberId, metadata, assignment }) =>
          `${memberId}:${readable(metadata)}:${readable(assignment)}`,
      );
      return `${group.state} type=${group.protocolType} protocol=${group.protocolName} [${members.join(" ")}]`;
    }
    case "consumer-heartbeat":
      return consumerResultText(reply.result);
    case "list":
      return reply.result.map((group) => `${group.groupId}:${group.state}:${group.type}`).join(" ");
    case "visit":
      return "visited";
    case "end-transaction":
      return "done";
    default:
      return errorName(reply.result.errorCode);
  }
}
