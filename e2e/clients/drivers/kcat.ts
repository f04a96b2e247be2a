/**
 * kcat, a program of command lines: every call is a process. Its output format gives the lengths of key and value, so that
 * they are read as bytes; of headers it prints text only.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { run } from "../../harness/child.ts";
import { waitFor, within } from "../../harness/wait.ts";
import {
  CallError,
  type Calls,
  type Client,
  type ClientKind,
  type ConsumedRecord,
  type Header,
  type NewRecord,
} from "../calls.ts";
import { RecordQueue } from "../record-queue.ts";

const NO_ADMIN = "kcat has no call for it";
const STARTED_WITHIN_MS = 20_000;
const KEY_DELIMITER = "<-key|";
const RECORD_DELIMITER = "|record->\n";
/** Header text ends with this; the lengths of key and value stand in front of it, the bytes behind it. */
const HEAD_END = "\u001e\n";
const FORMAT = `%t %p %o %T %K %S %h${HEAD_END}%k%s\n`;
/** Larger values go through a file. */
const LONG_VALUE_CHARS = 100_000;

export const kcatKind: ClientKind = {
  name: "kcat",
  codecs: ["none", "gzip", "snappy", "lz4", "zstd"],
  lacks: {
    timestamps: "kcat cannot set timestamps",
    "explicit commit": "kcat commits by itself only",
    "consumer protocol": "librdkafka 2.0 has the classic protocol only",
    "header bytes": "kcat ends headers at NUL, when it sends and when it prints them",
    "null beside empty": "kcat's -Z makes null of both the key and the value",
    committedOffsets: NO_ADMIN,
    createTopic: NO_ADMIN,
    describeConfig: NO_ADMIN,
    alterConfig: NO_ADMIN,
    deleteRecords: NO_ADMIN,
    listGroups: NO_ADMIN,
  },
  start: async (bootstrap) => new KcatClient(bootstrap),
};

interface OpenConsumerState {
  readonly process: ChildProcess;
  readonly exited: Promise<unknown>;
  readonly queue: RecordQueue;
  assignment: readonly string[];
  stderr: string;
}

class KcatClient implements Client {
  readonly #bootstrap: string;
  readonly #consumers = new Map<string, OpenConsumerState>();

  constructor(bootstrap: string) {
    this.#bootstrap = bootstrap;
  }

  async produce(args: Parameters<Calls["produce"]>[0]): ReturnType<Calls["produce"]> {
    const { topic, records, codec, acks, idempotent = false, requestBytesMax } = args;
    const settings = [
      `acks=${acks}`,
      `enable.idempotence=${idempotent}`,
      ...(requestBytesMax === undefined ? [] : [`message.max.bytes=${requestBytesMax}`]),
    ];
    for (const batch of inRuns(records)) {
      const { partition, headers, value, key } = batch[0]!;
      const common = [
        "-P",
        "-t",
        topic,
        "-p",
        String(partition),
        "-z",
        codec,
        ...settings.flatMap((setting) => ["-X", setting]),
        ...headers.flatMap(([name, bytes]) => ["-H", headerArgument(name, bytes)]),
      ];
      if (batch.length === 1 && key === null && (value?.length ?? 0) > LONG_VALUE_CHARS) {
        await this.#produceFile(common, Buffer.from(value!, "base64"));
      } else {
        const nulls = hasNullValue(batch[0]!) ? ["-Z"] : [];
        const delimiters = ["-K", KEY_DELIMITER, "-D", RECORD_DELIMITER];
        await this.#kcat([...common, ...delimiters, ...nulls], Buffer.concat(batch.map(toInput)));
      }
    }
    return { lastOffsets: null };
  }

  async open({ consumer, topic, partitions, from }: Parameters<Calls["open"]>[0]): Promise<void> {
    const offset =
      from.kind === "offset"
        ? String(from.offset)
        : from.kind === "timestamp"
          ? `s@${from.timestamp}`
          : from.kind;
    const wanted = new Set(partitions);
    const state = this.#start(consumer, ["-C", "-t", topic, "-o", offset], wanted);
    if (from.kind === "end") {
      await waitFor(
        `kcat is at the end of ${topic}`,
        () => partitions.every((partition) => state.stderr.includes(`${topic} [${partition}] at`)),
        { withinMs: STARTED_WITHIN_MS },
      );
    }
  }

  async join(args: Parameters<Calls["join"]>[0]): Promise<void> {
    const { consumer, group, topics, assignor, instanceId } = args;
    const strategy = assignor === "cooperative" ? "cooperative-sticky" : "range";
    const settings = [
      "auto.offset.reset=earliest",
      "session.timeout.ms=10000",
      "heartbeat.interval.ms=300",
      `partition.assignment.strategy=${strategy}`,
      ...(instanceId === undefined ? [] : [`group.instance.id=${instanceId}`]),
    ];
    const arguments_ = ["-G", group, ...settings.flatMap((setting) => ["-X", setting]), ...topics];
    const state = this.#start(consumer, arguments_, null);
    await waitFor(`kcat has joined ${group}`, () => state.stderr.includes("rebalanced"), {
      withinMs: STARTED_WITHIN_MS,
    });
  }

  read(args: Parameters<Calls["read"]>[0]): ReturnType<Calls["read"]> {
    return this.#get(args.consumer).queue.read(args.count, args.withinMs);
  }

  async assignment({ consumer }: { consumer: string }): Promise<readonly string[]> {
    return this.#get(consumer).assignment;
  }

  async commit(): Promise<void> {
    // kcat commits what it has printed, every 5 s and when it loses a partition.
  }

  async close({ consumer }: { consumer: string }): Promise<void> {
    const state = this.#get(consumer);
    this.#consumers.delete(consumer);
    state.process.kill("SIGTERM");
    await within("kcat ends", STARTED_WITHIN_MS, state.exited).finally(() =>
      state.process.kill("SIGKILL"),
    );
  }

  async listTopics(): Promise<readonly string[]> {
    const { stdout } = await this.#kcat(["-L"]);
    return [...stdout.matchAll(/topic "([^"]+)" with/g)].map((match) => match[1]!);
  }

  async countPartitions({ topic }: { topic: string }): Promise<number> {
    const { stdout } = await this.#kcat(["-L", "-t", topic]);
    return Number(/with (\d+) partitions/.exec(stdout)?.[1]);
  }

  async listOffset({ topic, partition, at }: Parameters<Calls["listOffset"]>[0]): Promise<number> {
    const time = at === "earliest" ? -2 : at === "latest" ? -1 : at;
    const { stdout } = await this.#kcat(["-Q", "-t", `${topic}:${partition}:${time}`]);
    return Number(/offset (-?\d+)/.exec(stdout)?.[1]);
  }

  createTopic = unsupported;
  createPartitions = unsupported;
  deleteTopic = unsupported;
  describeConfig = unsupported;
  alterConfig = unsupported;
  deleteRecords = unsupported;
  listGroups = unsupported;
  describeGroup = unsupported;
  committedOffsets = unsupported;
  alterOffsets = unsupported;
  deleteOffsets = unsupported;
  deleteGroup = unsupported;

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#consumers.keys()].map((consumer) => this.close({ consumer })));
  }

  async #produceFile(arguments_: readonly string[], value: Buffer): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "runnel-kcat-"));
    try {
      const file = join(folder, "value");
      await writeFile(file, value);
      await this.#kcat([...arguments_, file]);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  async #kcat(arguments_: readonly string[], input?: Buffer): ReturnType<typeof run> {
    const result = await run({
      name: "kcat",
      command: ["kcat", "-b", this.#bootstrap, ...arguments_],
      ...(input === undefined ? {} : { input }),
      mayFail: true,
    });
    if (result.code !== 0) {
      const isTooLarge = result.output.includes("Message size too large");
      throw new CallError(isTooLarge ? ErrorCode.MESSAGE_TOO_LARGE : null, result.output);
    }
    return result;
  }

  #get(consumer: string): OpenConsumerState {
    const state = this.#consumers.get(consumer);
    if (state === undefined) {
      throw new CallError(null, `no consumer ${consumer}`);
    }
    return state;
  }

  #start(
    name: string,
    arguments_: readonly string[],
    wanted: ReadonlySet<number> | null,
  ): OpenConsumerState {
    const child = spawn("kcat", ["-b", this.#bootstrap, "-u", "-f", FORMAT, ...arguments_], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const state: OpenConsumerState = {
      process: child,
      exited: new Promise((settle) => child.once("close", settle).once("error", settle)),
      queue: new RecordQueue(),
      assignment: [],
      stderr: "",
    };
    this.#consumers.set(name, state);
    let unparsed: Buffer = Buffer.alloc(0);
    child.stdout.on("data", (chunk: Buffer) => {
      unparsed = parseOutput(Buffer.concat([unparsed, chunk]), (record) => {
        if (wanted === null || wanted.has(record.partition)) {
          state.queue.push(record);
        }
      });
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      state.stderr += text;
      state.assignment = parseAssignment(state.stderr);
    });
    child.once("close", (code) => {
      if (this.#consumers.get(name) === state) {
        state.queue.fail(new CallError(null, `kcat ended with ${code}: ${state.stderr}`));
      }
    });
    return state;
  }
}

async function unsupported(): Promise<never> {
  throw new CallError(null, NO_ADMIN);
}

const hasNullValue = ({ value }: NewRecord): boolean => value === null;

/** What one command can send: the same partition, headers and kind of value, in a row; long values by themselves. */
function inRuns(records: readonly NewRecord[]): readonly (readonly NewRecord[])[] {
  const runs: NewRecord[][] = [];
  for (const record of records) {
    const first = runs.at(-1)?.[0];
    const isSame =
      first !== undefined &&
      first.partition === record.partition &&
      JSON.stringify(first.headers) === JSON.stringify(record.headers) &&
      hasNullValue(first) === hasNullValue(record) &&
      (record.value?.length ?? 0) <= LONG_VALUE_CHARS;
    if (isSame) {
      runs.at(-1)!.push(record);
    } else {
      runs.push([record]);
    }
  }
  return runs;
}

/** A record without a key has no delimiter, unless it has no value either: then `-Z` makes null of both. */
function toInput({ key, value }: NewRecord): Buffer {
  const isBare = key === null && value !== null;
  return Buffer.concat([
    Buffer.from(key ?? "", "base64"),
    Buffer.from(isBare ? "" : KEY_DELIMITER),
    Buffer.from(value ?? "", "base64"),
    Buffer.from(RECORD_DELIMITER),
  ]);
}

function headerArgument(name: string, value: string | null): string {
  return value === null ? name : `${name}=${Buffer.from(value, "base64").toString()}`;
}

/** Hands over the records that are complete and returns the rest. */
function parseOutput(output: Buffer, emit: (record: ConsumedRecord) => void): Buffer {
  let rest = output;
  for (;;) {
    const headEnd = rest.indexOf(HEAD_END);
    if (headEnd < 0) {
      return rest;
    }
    // Latin-1 keeps every byte of a header's value apart.
    const head = rest.subarray(0, headEnd).toString("latin1");
    const [topic = "", partition, offset, timestamp, keyLength, valueLength] = head.split(" ", 6);
    const headers = head.slice(head.split(" ", 6).join(" ").length + 1);
    const keyStart = headEnd + HEAD_END.length;
    const keyEnd = keyStart + Math.max(Number(keyLength), 0);
    const valueEnd = keyEnd + Math.max(Number(valueLength), 0);
    if (rest.length < valueEnd + 1) {
      return rest;
    }
    emit({
      topic,
      partition: Number(partition),
      offset: Number(offset),
      timestamp: Number(timestamp),
      key: Number(keyLength) < 0 ? null : rest.toString("base64", keyStart, keyEnd),
      value: Number(valueLength) < 0 ? null : rest.toString("base64", keyEnd, valueEnd),
      headers: headers === "" ? [] : headers.split(",").map(parseHeader),
    });
    rest = rest.subarray(valueEnd + 1);
  }
}

function parseHeader(text: string): Header {
  const equals = text.indexOf("=");
  const name = Buffer.from(text.slice(0, equals), "latin1").toString();
  const value = text.slice(equals + 1);
  return [name, value === "NULL" ? null : Buffer.from(value, "latin1").toString("base64")];
}

/**
 * kcat tells every change on stderr: `% Group g rebalanced (memberid m): assigned: t [0], t [1]`, or
 * `% Group g rebalanced: incremental revoke of 1 partition(s) (memberid m, …): t [1]`.
 */
function parseAssignment(stderr: string): readonly string[] {
  const owned = new Set<string>();
  const changes = stderr.matchAll(/rebalanced.*?(assign|revoke).*: (.*)/g);
  for (const [, verb, list = ""] of changes) {
    for (const [, topic, partition] of list.matchAll(/([^ ,]+) \[(\d+)\]/g)) {
      if (verb === "assign") {
        owned.add(`${topic}/${partition}`);
      } else {
        owned.delete(`${topic}/${partition}`);
      }
    }
  }
  return [...owned].toSorted();
}
