/** `runnel consume`: from where to where, and how each record is shown. */
import { Buffer } from "node:buffer";
import { BrokenPipeError, UsageError } from "../cli/failure.ts";
import { formatCounted } from "../cli/format.ts";
import type { Output } from "../cli/output.ts";
import { type Position, parsePosition } from "../cli/position.ts";
import { parseInteger, parsePartitions } from "../cli/values.ts";
import type { Topic } from "../kafka/cluster.ts";
import type { Cursor } from "../kafka/collect.ts";
import { readAsGroup } from "../kafka/group-reader.ts";
import {
  endsOf,
  partitionsOf,
  rangesOf,
  remarksOnPlaces,
  resolvePosition,
  topicOf,
} from "../kafka/offsets.ts";
import { readPartitions } from "../kafka/reader.ts";
import { type ClientFlags, type Session, withCluster } from "./client.ts";
import {
  type ReadRecord,
  type RecordFormat,
  toJsonLine,
  toRawLine,
  toTerminalLine,
} from "./record-format.ts";

export interface ConsumeFlags extends ClientFlags {
  readonly from?: string;
  readonly to?: string;
  readonly group?: string;
  readonly partition?: string;
  readonly key?: string;
  readonly max?: string;
}

interface Request {
  readonly from: Position;
  readonly to: Position | null;
  readonly partitions: readonly number[] | null;
  readonly key: Buffer | null;
  readonly max: number;
}

export async function consume(name: string, flags: ConsumeFlags): Promise<void> {
  const request = requestOf(flags);
  const { group } = flags;
  if (group !== undefined) checkGroupFlags(group, flags, request);
  await withCluster(flags, async (session) => {
    const topic = topicOf(await session.cluster.describe([name]), name);
    const stop = new AbortController();
    const printer = new Printer(session.output, formatOf(session), request, stop);
    const signal = AbortSignal.any([stop.signal, session.output.gone]);
    const end = (): void => stop.abort();
    process.once("SIGINT", end).once("SIGTERM", end);
    try {
      if (group === undefined) await readDirectly(topic, request, session, printer, signal);
      else await readInGroup(topic, group, request, session, printer, signal);
    } catch (error) {
      if (!(error instanceof BrokenPipeError)) throw error;
    } finally {
      process.off("SIGINT", end).off("SIGTERM", end);
    }
    if (session.output.isTerminal)
      session.output.remark(`${formatCounted(printer.count, "record")}.`);
  });
}

function requestOf(flags: ConsumeFlags): Request {
  const to = flags.to === undefined ? null : parsePosition(flags.to, "--to");
  const defaultFrom: Position = { kind: to === null ? "end" : "beginning" };
  return {
    from: flags.from === undefined ? defaultFrom : parsePosition(flags.from, "--from"),
    to,
    partitions:
      flags.partition === undefined ? null : parsePartitions(flags.partition, "--partition"),
    key: flags.key === undefined ? null : Buffer.from(flags.key, "utf8"),
    max:
      flags.max === undefined
        ? Number.POSITIVE_INFINITY
        : parseInteger(flags.max, "--max", { min: 1 }),
  };
}

function checkGroupFlags(group: string, flags: ConsumeFlags, { from, to }: Request): void {
  if (group === "") throw new UsageError("--group: it must not be empty");
  if (flags.partition !== undefined) {
    throw new UsageError("--group and --partition exclude each other: the group shares them out");
  }
  if (from.kind !== "beginning" && from.kind !== "end") {
    throw new UsageError(
      "--from: with --group it is beginning or end; " +
        `to go elsewhere use: runnel group reset ${group} --to …`,
    );
  }
  if (to !== null && to.kind !== "end")
    throw new UsageError("--to: with --group it can only be end");
}

function formatOf({ isJson, output }: Session): RecordFormat {
  if (isJson) return toJsonLine;
  return output.isTerminal ? toTerminalLine : toRawLine;
}

/** Prints the records that are wanted, and ends the reading when there are enough. */
class Printer {
  count = 0;
  readonly #output: Output;
  readonly #format: RecordFormat;
  readonly #request: Request;
  readonly #stop: AbortController;

  constructor(output: Output, format: RecordFormat, request: Request, stop: AbortController) {
    this.#output = output;
    this.#format = format;
    this.#request = request;
    this.#stop = stop;
  }

  get isFull(): boolean {
    return this.count >= this.#request.max;
  }

  async print(records: readonly ReadRecord[]): Promise<void> {
    const { key, max } = this.#request;
    const matching = records.filter((record) => {
      return key === null || (record.key !== null && key.equals(record.key));
    });
    const wanted = matching.slice(0, max - this.count);
    if (wanted.length === 0) return;
    this.count += wanted.length;
    const parts = wanted.map(this.#format);
    await this.#output.write(
      parts.every((part) => typeof part === "string")
        ? parts.join("")
        : Buffer.concat(parts.map((part) => Buffer.from(part))),
    );
    if (this.isFull) this.#stop.abort();
  }
}

async function readDirectly(
  topic: Topic,
  request: Request,
  { cluster, output }: Session,
  printer: Printer,
  signal: AbortSignal,
): Promise<void> {
  const view = await cluster.describe([topic.name]);
  const partitions = partitionsOf(topic, request.partitions);
  const ranges = await rangesOf(cluster, view, topic, partitions);
  const starts = await resolvePosition(cluster, view, topic, request.from, ranges);
  const remarks = remarksOnPlaces(topic.name, request.from, ranges);
  for (const remark of remarks) output.remark(remark);
  const { to } = request;
  const isFuture = to?.kind === "time" && to.atMs > Date.now();
  const stops =
    to === null || isFuture ? null : await resolvePosition(cluster, view, topic, to, ranges);
  const cursorOf = (partition: number): Cursor => {
    // A partition that is added while we read is new from its first record on.
    const next = starts.get(partition) ?? 0n;
    // An offset that is not there yet is waited for.
    const stop = to?.kind === "offset" ? BigInt(to.offset) : (stops?.get(partition) ?? null);
    const stopAtMs = isFuture ? to.atMs : null;
    return { partition, next, stop, stopAtMs, isDone: stop !== null && next >= stop };
  };
  // What ends at a place of now ends there in the partitions of now.
  const isFollowing = to === null || isFuture || to.kind === "offset";
  if (output.isTerminal && to === null && request.from.kind === "end") {
    output.remark(`Waiting for new records; --from beginning shows what is there. Ctrl-C ends.`);
  }
  await readPartitions({
    cluster,
    topic,
    cursors: partitions.map(cursorOf),
    onAdded: isFollowing && request.partitions === null ? cursorOf : null,
    onRecords: (records) => (signal.aborted ? Promise.resolve() : printer.print(records)),
    onRemark: (text) => output.remark(text),
    signal,
  });
}

async function readInGroup(
  topic: Topic,
  group: string,
  request: Request,
  { cluster, bootstrap, output }: Session,
  printer: Printer,
  signal: AbortSignal,
): Promise<void> {
  const view = await cluster.describe([topic.name]);
  const ends =
    request.to === null ? null : await endsOf(cluster, view, topic, partitionsOf(topic, null));
  await readAsGroup({
    bootstrap,
    group,
    topic: topic.name,
    from: request.from.kind === "beginning" ? "beginning" : "end",
    ends,
    onRecord: async (record) => {
      await printer.print([record]);
      return !printer.isFull;
    },
    onRemark: (text) => output.remark(text),
    signal,
  });
}
