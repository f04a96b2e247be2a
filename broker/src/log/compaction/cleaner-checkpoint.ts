/**
 * Up to where logs were compacted, on the disk of their folders: `cleaner-offset-checkpoint`. What it has
 * lost is compacted once more, which changes nothing; so it is written after the fact.
 */
import type { Disk } from "#io/ports.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "../checkpoint-file.ts";

const CLEANER_OFFSETS = "cleaner-offset-checkpoint";

export class CleanerCheckpoint {
  readonly #disk: Disk;
  /** By the folder that holds the logs. */
  readonly #known = new Map<string, Checkpoint>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Reads what is known of the logs beside the one in `folder`, once. */
  async load(folder: string): Promise<void> {
    const { parent } = placeOf(folder);
    if (this.#known.has(parent)) return;
    const read = await readCheckpoint(this.#disk, parent, CLEANER_OFFSETS);
    if (!this.#known.has(parent)) this.#known.set(parent, read ?? new Map());
  }

  /** What lies below was compacted in the log of `folder`; null where nobody knows. */
  cleanedTo(folder: string): number | null {
    const { parent, key } = placeOf(folder);
    return this.#known.get(parent)?.get(key)?.[0] ?? null;
  }

  /** Notes and writes it. Logs that are not among `folders` any more are forgotten. */
  async save(folder: string, cleanedTo: number, folders: ReadonlySet<string>): Promise<void> {
    await this.load(folder);
    const { parent, key } = placeOf(folder);
    const known = this.#known.get(parent) ?? new Map();
    known.set(key, [cleanedTo]);
    for (const one of known.keys()) if (!folders.has(`${parent}/${one}`)) known.delete(one);
    await writeCheckpoint(this.#disk, parent, CLEANER_OFFSETS, known);
  }
}

function placeOf(folder: string): { readonly parent: string; readonly key: string } {
  const slash = folder.lastIndexOf("/");
  return { parent: folder.slice(0, slash), key: folder.slice(slash + 1) };
}
