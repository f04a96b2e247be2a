/** `runnel produce`: input to records to batches, and an exact count of what became of them. */
import { Buffer } from "node:buffer";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { CommandError, UsageError } from "../cli/failure.ts";
import { formatBytes, formatCount, formatCounted, formatSpan } from "../cli/format.ts";
import { Progress } from "../cli/progress.ts";
import { parseChoice, parseInteger, parsePair } from "../cli/values.ts";
import { BatchSender } from "../kafka/batch-sender.ts";
import type { Topic } from "../kafka/cluster.ts";
import { explain } from "../kafka/explain.ts";
import { partitionsOf } from "../kafka/offsets.ts";
import { type ProduceOptions, TopicProducer } from "../kafka/topic-producer.ts";
import { awaitTopic } from "../kafka/topic-wait.ts";
import { type ClientFlags, type Session, withCluster } from "./client.ts";
import { ACKS, COMPRESSIONS } from "./produce-choices.ts";
import { type LineFormat, parseLine, splitLines } from "./produce-input.ts";

export interface ProduceFlags extends ClientFlags {
  readonly key?: string;
  readonly keySeparator?: string;
  readonly header?: readonly string[];
  readonly partition?: string;
  readonly acks: string;
  readonly compression: string;
  readonly file?: string;
}

const ACKS_SENT = { "0": 0, "1": 1, all: -1 } as const;
const FILE_CHUNK_BYTES = 512 * 1024;

export async function produce(topic: string, flags: ProduceFlags): Promise<void> {
  const format = formatOf(flags);
  const acks = ACKS_SENT[parseChoice(flags.acks, "--acks", ACKS)];
  const compression = parseChoice(flags.compression, "--compression", COMPRESSIONS);
  using input = await openInput(flags.file);
  await withCluster(flags, async (session) => {
    const found = await awaitTopic(session.cluster, topic);
    checkWritable(found);
    if (format.partition !== null) partitionsOf(found, [format.partition]);
    await using producer = new TopicProducer({
      bootstrap: session.bootstrap,
      topic,
      partitionCount: found.partitions.length,
      acks,
      compression,
    });
    if (input.isTerminal) {
      session.output.remark("One record per line; Ctrl-D ends.");
    }
    await run(input, format, producer, session, { acks, topic, bootstrap: flags.bootstrap });
  });
}

/** The client library knows no internal topic, and fails on it; a broker may well refuse it, too. */
function checkWritable({ name, isInternal }: Topic): void {
  if (!isInternal) return;
  throw new CommandError(`topic "${name}" is internal: only the brokers themselves write to it`);
}

function formatOf(flags: ProduceFlags): LineFormat {
  if (flags.key !== undefined && flags.keySeparator !== undefined) {
    throw new UsageError("--key and --key-separator exclude each other");
  }
  if (flags.json === true && flags.keySeparator !== undefined) {
    throw new UsageError("--json and --key-separator exclude each other");
  }
  if (flags.keySeparator === "") throw new UsageError("--key-separator: it must not be empty");
  return {
    isJson: flags.json === true,
    key: flags.key === undefined ? null : Buffer.from(flags.key, "utf8"),
    keySeparator: flags.keySeparator === undefined ? null : Buffer.from(flags.keySeparator, "utf8"),
    headers: (flags.header ?? []).map((text) => {
      const [name, value] = parsePair(text, "--header");
      return [Buffer.from(name, "utf8"), Buffer.from(value, "utf8")];
    }),
    partition:
      flags.partition === undefined
        ? null
        : parseInteger(flags.partition, "--partition", { max: 2_147_483_647 }),
  };
}

interface Input extends Disposable {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly isTerminal: boolean;
  /** Ends `chunks` early. */
  stop(): void;
}

/** A file that cannot be opened is an error before anything is asked of a broker. */
async function openInput(file: string | undefined): Promise<Input> {
  const isStdin = file === undefined || file === "-";
  const name = isStdin ? "standard input" : file;
  const stream = isStdin ? process.stdin : await openFile(file);
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
    stream.destroy();
  };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of stream) yield chunk as Uint8Array;
    } catch (error) {
      if (isStopped) return;
      throw cannotRead(name, error);
    }
  }
  return {
    chunks: chunks(),
    isTerminal: isStdin && process.stdin.isTTY === true,
    stop,
    [Symbol.dispose]: stop,
  };
}

async function openFile(path: string): Promise<Readable> {
  try {
    const handle = await open(path);
    return handle.createReadStream({ highWaterMark: FILE_CHUNK_BYTES });
  } catch (error) {
    throw cannotRead(path, error);
  }
}

function cannotRead(name: string, error: unknown): CommandError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CommandError(`cannot read ${name}: ${reason}`);
}

interface Counts {
  read: number;
  acknowledged: number;
  failed: number;
  bytes: number;
  /** The first thing that went wrong, and the line it began at. */
  problem: { readonly line: number; readonly text: string } | null;
}

interface Target {
  readonly topic: string;
  readonly acks: ProduceOptions["acks"];
  readonly bootstrap: string;
}

async function run(
  input: Input,
  format: LineFormat,
  producer: TopicProducer,
  session: Session,
  target: Target,
): Promise<void> {
  const counts: Counts = { read: 0, acknowledged: 0, failed: 0, bytes: 0, problem: null };
  const startedAt = performance.now();
  const fail = (line: number, text: string): void => {
    counts.problem ??= { line, text };
  };
  using progress = new Progress();
  const sender = new BatchSender(async (batch) => {
    const outcome = await producer.send(batch);
    counts.acknowledged += outcome.acknowledged;
    counts.failed += outcome.failed;
    counts.bytes += outcome.bytes;
    if (outcome.error !== null) {
      fail(outcome.errorLine, explain(outcome.error, target.bootstrap));
      if (!outcome.isOnlyTheirs) throw new CommandError("sending has stopped");
    }
    progress.update(() => {
      const spanMs = performance.now() - startedAt;
      const rate = formatCount(Math.round((counts.acknowledged / spanMs) * 1_000));
      return `${describeCount(counts, target)} (${formatBytes(counts.bytes)}, ${rate} per second)`;
    });
  });
  const interrupted = await feed(input, format, sender, counts, fail);
  progress[Symbol.dispose]();
  await report(counts, performance.now() - startedAt, session, target);
  if (interrupted) process.exitCode = 130;
}

/** Reads until the input ends, is interrupted, or nothing more can be sent; true if interrupted. */
async function feed(
  input: Input,
  format: LineFormat,
  sender: BatchSender,
  counts: Counts,
  fail: (line: number, text: string) => void,
): Promise<boolean> {
  let isInterrupted = false;
  const interrupt = (): void => {
    isInterrupted = true;
    input.stop();
  };
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    for await (const lines of splitLines(input.chunks)) {
      for (const line of lines) {
        const record = parseLine(line, format);
        counts.read += 1;
        await sender.add({ ...record, line: counts.read });
      }
      sender.flush();
    }
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof UsageError)) throw error;
    fail(counts.read + 1, error.message);
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
  await sender.close().catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
  });
  return isInterrupted;
}

function describeCount({ acknowledged }: Counts, { acks }: Target): string {
  return `${formatCounted(acknowledged, "record")} ${acks === 0 ? "sent" : "acknowledged"}`;
}

async function report(
  counts: Counts,
  spanMs: number,
  { output, isJson }: Session,
  target: Target,
): Promise<void> {
  const unsent = counts.read - counts.acknowledged - counts.failed;
  const lost = counts.failed + unsent;
  if (isJson) {
    await output.json({
      topic: target.topic,
      acknowledged: target.acks === 0 ? 0 : counts.acknowledged,
      sent: counts.acknowledged,
      failed: lost,
      bytes: counts.bytes,
      elapsedMs: Math.round(spanMs),
    });
  }
  const note = target.acks === 0 ? " (with acks 0 no broker says whether it has them)" : "";
  output.remark(`${describeCount(counts, target)} in ${formatSpan(spanMs)}${note}.`);
  if (counts.problem === null) return;
  const { line, text } = counts.problem;
  const failed = lost > 0 ? `${formatCounted(lost, "record")} not acknowledged; ` : "";
  throw new CommandError(`${failed}line ${formatCount(line)}: ${text}`);
}
