/**
 * Folders in memory, together with what a power cut would leave of them: names that were made, moved
 * or removed since the last sync of their folder come undone.
 */
import type { Random } from "@runnel/kit/world.ts";
import { MemoryContent } from "./memory-file.ts";

export class MemoryFolder {
  readonly entries = new Map<string, MemoryEntry>();
  /** The entries that a power cut leaves. */
  readonly durable = new Map<string, MemoryEntry>();
}

export type MemoryEntry = MemoryFolder | MemoryContent;

interface Change {
  readonly folder: MemoryFolder;
  readonly name: string;
  /** What the name stands for from then on; null for nothing. */
  readonly entry: MemoryEntry | null;
}

export class MemoryTree {
  readonly root: MemoryFolder;
  /** Changes that no sync has covered yet, oldest first; those of one step belong together. */
  #pending: Change[][] = [];

  constructor(root: MemoryFolder = new MemoryFolder()) {
    this.root = root;
  }

  find(path: string): MemoryEntry | null {
    let at: MemoryEntry = this.root;
    for (const name of namesOf(path)) {
      const next: MemoryEntry | undefined =
        at instanceof MemoryFolder ? at.entries.get(name) : undefined;
      if (next === undefined) return null;
      at = next;
    }
    return at;
  }

  /** Where `path` lies: its folder, which is null where there is none, and its last name. */
  locate(path: string): { readonly folder: MemoryFolder | null; readonly name: string } {
    const names = namesOf(path);
    const parent = this.find(names.slice(0, -1).join("/"));
    return { folder: parent instanceof MemoryFolder ? parent : null, name: names.at(-1) ?? "" };
  }

  /** Makes changes that a power cut keeps or undoes together. */
  change(changes: readonly Change[]): void {
    for (const change of changes) apply(change, change.folder.entries);
    this.#pending.push([...changes]);
  }

  /** Makes what happened to names in `folder` durable. */
  sync(folder: MemoryFolder): void {
    this.#pending = this.#pending.flatMap((step) => {
      for (const change of step) if (change.folder === folder) apply(change, folder.durable);
      const left = step.filter((change) => change.folder !== folder);
      return left.length > 0 ? [left] : [];
    });
  }

  /**
   * The tree after a power cut. With `random`, a random number of the oldest changes that were not
   * synced survives: a journal writes them in order, whenever it likes.
   */
  afterCrash(random: Random | null): MemoryTree {
    const survivors = random === null ? 0 : random.below(this.#pending.length + 1);
    const survived = this.#pending.slice(0, survivors).flat();
    return new MemoryTree(copyDurable(this.root, { random, survived, copies: new Map() }));
  }
}

function apply({ name, entry }: Change, entries: Map<string, MemoryEntry>): void {
  if (entry === null) entries.delete(name);
  else entries.set(name, entry);
}

interface Crash {
  readonly random: Random | null;
  readonly survived: readonly Change[];
  /** Keeps a file that has two durable names (a rename half way) one file. */
  readonly copies: Map<MemoryEntry, MemoryEntry>;
}

function copyDurable<E extends MemoryEntry>(entry: E, crash: Crash): E {
  const known = crash.copies.get(entry);
  if (known !== undefined) return known as E;
  if (entry instanceof MemoryContent) {
    const copy = entry.afterCrash(crash.random);
    crash.copies.set(entry, copy);
    return copy as E;
  }
  const source = entry as MemoryFolder;
  const folder = new MemoryFolder();
  crash.copies.set(entry, folder);
  const left = new Map(source.durable);
  for (const change of crash.survived) if (change.folder === source) apply(change, left);
  for (const [name, child] of left) {
    const copy = copyDurable(child, crash);
    folder.entries.set(name, copy);
    folder.durable.set(name, copy);
  }
  return folder as E;
}

/** `/a//b/` and `a/b` are one place; `.` stands for nothing. */
function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}
