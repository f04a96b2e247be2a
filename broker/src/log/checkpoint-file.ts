/**
 * The checkpoints of a log directory: one offset per partition, as text in Kafka's manner. A line with
 * the format, a line with the count, then "topicId partition offset" a line; the recovery points add a
 * fourth column, 1 where a producer snapshot was written for it.
 */
import type { Disk } from "#io/ports.ts";
import { readSmallFile, replaceFile } from "./atomic-file.ts";

export const RECOVERY_POINTS = "recovery-point-offset-checkpoint";
export const LOG_STARTS = "log-start-offset-checkpoint";
const FORMAT = "0";

export interface CheckpointLine {
  readonly offset: number;
  readonly flag: boolean;
}

/** Keyed by folder name: topic id, dash, partition. */
export type Checkpoint = Map<string, CheckpointLine>;

/** The checkpoint in a file. A missing or damaged one is empty: then everything is checked. */
export async function readCheckpoint(
  disk: Disk,
  folder: string,
  name: string,
): Promise<Checkpoint | null> {
  const bytes = await readSmallFile(disk, `${folder}/${name}`);
  if (bytes === null) return new Map();
  const [format, count, ...rest] = new TextDecoder().decode(bytes).split("\n");
  const lines = rest.filter((line) => line !== "");
  if (format !== FORMAT || Number(count) !== lines.length) return null;
  const checkpoint: Checkpoint = new Map();
  for (const line of lines) {
    const match = /^([0-9a-f-]{36}) (\d+) (\d+)( [01])?$/.exec(line);
    if (match === null) return null;
    checkpoint.set(`${match[1]}-${match[2]}`, {
      offset: Number(match[3]),
      flag: match[4] === " 1",
    });
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
  const lines = [...checkpoint].map(([key, { offset, flag }]) => {
    const dash = key.lastIndexOf("-");
    return `${key.slice(0, dash)} ${key.slice(dash + 1)} ${offset} ${flag ? 1 : 0}\n`;
  });
  const text = `${FORMAT}\n${lines.length}\n${lines.join("")}`;
  await replaceFile(disk, folder, name, new TextEncoder().encode(text));
}
