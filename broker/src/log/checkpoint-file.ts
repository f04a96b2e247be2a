/**
 * The checkpoints of a log directory, as text in Kafka's manner: a line with the format, a line with the
 * count, then "topicId partition" and numbers, one line per partition. Unlike Kafka's, the last line is
 * the CRC-32C of the file's name and all before it: a wrong digit, or one file in place of the other, could
 * delete records or trust what was never written.
 */
import { crc32c } from "@runnel/kit/crc32c.ts";
import type { Disk } from "#io/ports.ts";
import { readSmallFile, replaceFile } from "./atomic-file.ts";

export const RECOVERY_POINTS = "recovery-point-offset-checkpoint";
export const LOG_STARTS = "log-start-offset-checkpoint";
const FORMAT = "0";
const LINE = /^([0-9a-f-]{36}) (\d+)((?: -?\d+)+)$/;

/** Numbers by folder name: topic id, dash, partition. */
export type Checkpoint = Map<string, readonly number[]>;

/** The checkpoint in a file, empty where it is missing; null where it is damaged. */
export async function readCheckpoint(
  disk: Disk,
  folder: string,
  name: string,
): Promise<Checkpoint | null> {
  const bytes = await readSmallFile(disk, `${folder}/${name}`);
  if (bytes === null) return new Map();
  const text = new TextDecoder().decode(bytes);
  const end = text.lastIndexOf("\n", text.length - 2) + 1;
  const body = text.slice(0, end);
  if (text.slice(end) !== sumOf(name, body)) return null;
  const [format, count, ...rest] = body.split("\n");
  const lines = rest.filter((line) => line !== "");
  if (format !== FORMAT || Number(count) !== lines.length) return null;
  const checkpoint: Checkpoint = new Map();
  for (const line of lines) {
    const [, topicId, partition, numbers] = LINE.exec(line) ?? [];
    if (numbers === undefined) return null;
    checkpoint.set(`${topicId}-${partition}`, numbers.trim().split(" ").map(Number));
  }
  return checkpoint;
}

/** Replaces the file; durable when it returns. */
export async function writeCheckpoint(
  disk: Disk,
  folder: string,
  name: string,
  checkpoint: Checkpoint,
): Promise<void> {
  const lines = [...checkpoint].map(([key, numbers]) => {
    const dash = key.lastIndexOf("-");
    return `${key.slice(0, dash)} ${key.slice(dash + 1)} ${numbers.join(" ")}\n`;
  });
  const body = `${FORMAT}\n${lines.length}\n${lines.join("")}`;
  await replaceFile(disk, folder, name, new TextEncoder().encode(body + sumOf(name, body)));
}

function sumOf(name: string, body: string): string {
  const sum = crc32c(new TextEncoder().encode(name + body));
  return `crc32c ${sum.toString(16).padStart(8, "0")}\n`;
}
