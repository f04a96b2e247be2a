/** What a history file should hold, said in plain maps; and stories that are told to both. */
import type { MemoryDisk } from "#io/memory/memory-disk.ts";
import { HistoryFile } from "./history-file.ts";
import type { CellKind, HistoryShape } from "./layout.ts";
import { tagOf } from "./series-key.ts";

/** Small enough that every place of the rings is used many times. */
export const SHAPE: HistoryShape = { columns: 5, slotMs: 10, slotsPerBlock: 3, blocks: 4 };
/** The number of the slot where stories begin. */
export const START_SLOT = 3_000;
const FOLDER = "/data";
const NAMES = ["a", "b", "c", "d", "e", "f", "g"].map((name) => `${name}:value`);

export type StoryStep =
  | { readonly kind: "sample"; readonly slots: number; readonly values: readonly number[] }
  | { readonly kind: "define"; readonly column: number; readonly name: number }
  | { readonly kind: "restart"; readonly isOrderly: boolean };

export interface Cells {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

/** By column: whose it is, and its values by slot. */
type ModelBlock = Map<number, { readonly key: string; readonly cells: Map<number, Cells> }>;

/** A ring of blocks, each with a place that others share. */
class ModelRing {
  readonly stored = new Map<number, { readonly number: number; readonly block: ModelBlock }>();
  open: { readonly number: number; readonly block: ModelBlock } | null = null;

  openBlock(number: number): ModelBlock {
    if (this.open?.number !== number) {
      const stored = this.stored.get(number % SHAPE.blocks);
      this.open = { number, block: stored?.number === number ? stored.block : new Map() };
    }
    return this.open.block;
  }

  close(): void {
    if (this.open !== null) this.stored.set(this.open.number % SHAPE.blocks, this.open);
    this.open = null;
  }

  find(number: number): ModelBlock | undefined {
    if (this.open?.number === number) return this.open.block;
    const stored = this.stored.get(number % SHAPE.blocks);
    return stored?.number === number ? stored.block : undefined;
  }
}

export class Model {
  readonly keys: (string | undefined)[] = [];
  readonly fine = new ModelRing();
  readonly coarse = new ModelRing();

  append(slot: number, values: readonly number[]): void {
    const number = Math.floor(slot / SHAPE.slotsPerBlock);
    if (this.fine.open !== null && this.fine.open.number !== number) this.moveTo(number);
    const block = this.fine.openBlock(number);
    for (const { cells } of block.values()) cells.delete(slot);
    for (const [column, value] of values.entries()) {
      const key = this.keys[column];
      if (key === undefined || Number.isNaN(value)) continue;
      put(block, column, key, slot, { min: value, mean: value, max: value });
    }
  }

  moveTo(next: number | null): void {
    const open = this.fine.open;
    if (open === null) return;
    const number = Math.floor(open.number / SHAPE.slotsPerBlock);
    if (this.coarse.open?.number !== number) this.coarse.close();
    const above = this.coarse.openBlock(number);
    for (const { cells } of above.values()) cells.delete(open.number);
    for (const [column, { key, cells }] of open.block) {
      if (cells.size > 0) put(above, column, key, open.number, sum([...cells.values()]));
    }
    this.fine.close();
    if (next === null || Math.floor(next / SHAPE.slotsPerBlock) !== number) this.coarse.close();
  }

  close(): void {
    this.moveTo(null);
    this.coarse.close();
  }

  /** All values that a reader of this ring should see, as `key@slot`. */
  all(kind: CellKind): Map<string, Cells> {
    const seen = new Map<string, Cells>();
    const ring = this[kind];
    for (const number of numbersOf(ring)) {
      for (const [column, { key, cells }] of ring.find(number) ?? []) {
        if (this.keys[column] !== key) continue;
        for (const [slot, value] of cells) {
          const isOpen = kind === "coarse" && this.fine.open?.number === slot;
          if (!isOpen) seen.set(`${key}@${slot}`, value);
        }
      }
    }
    if (kind === "coarse" && this.fine.open !== null) {
      const { number, block } = this.fine.open;
      for (const [column, { key, cells }] of block) {
        if (this.keys[column] !== key || cells.size === 0) continue;
        seen.set(`${key}@${number}`, sum([...cells.values()]));
      }
    }
    return seen;
  }
}

function numbersOf(ring: ModelRing): readonly number[] {
  const stored = [...ring.stored.values()].map(({ number }) => number);
  return ring.open === null ? stored : [...new Set([...stored, ring.open.number])];
}

function put(block: ModelBlock, column: number, key: string, slot: number, value: Cells): void {
  let run = block.get(column);
  if (run === undefined || run.key !== key) {
    run = { key, cells: new Map() };
    block.set(column, run);
  }
  run.cells.set(slot, value);
}

function sum(cells: readonly Cells[]): Cells {
  const mean = cells.reduce((total, cell) => total + cell.mean, 0) / cells.length;
  return {
    min: Math.min(...cells.map((cell) => cell.min)),
    mean,
    max: Math.max(...cells.map((cell) => cell.max)),
  };
}

/** A history on a disk in memory, with what it complained about. */
export class Rig {
  disk: MemoryDisk;
  readonly complaints: string[] = [];
  file: HistoryFile | null = null;

  constructor(disk: MemoryDisk) {
    this.disk = disk;
  }

  async open(): Promise<HistoryFile> {
    await this.disk.makeDirectory(FOLDER);
    await this.disk.syncDirectory("/");
    const path = { folder: FOLDER, name: "history" };
    this.file = await HistoryFile.open(this.disk, path, SHAPE, {
      damaged: (count) => void this.complaints.push(`damaged ${count}`),
      failed: (what, reason) => void this.complaints.push(`${what}: ${reason}`),
    });
    return this.file;
  }

  /** All values that can be read, as `key@slot`. */
  async all(
    kind: CellKind,
    range: { readonly from: number; readonly to: number },
  ): Promise<Map<string, Cells>> {
    const file = this.file as HistoryFile;
    const places = file.keys.flatMap((key, column) =>
      key === null ? [] : [{ key, column, tag: tagOf(key) }],
    );
    const seen = new Map<string, Cells>();
    const span = { kind, startSlot: range.from, endSlot: range.to };
    await file.read(places, span, (series, slot, cells) => {
      seen.set(`${places[series]?.key}@${slot}`, { ...cells });
    });
    return seen;
  }
}

/** Tells a story to a model and to a file; `onStep` is called after each step. */
export class Story {
  readonly rig: Rig;
  readonly model = new Model();
  /** Every value that was ever sampled, by `key@slot`. */
  readonly written = new Map<string, Set<number>>();
  slot = START_SLOT;

  constructor(rig: Rig) {
    this.rig = rig;
  }

  async begin(): Promise<void> {
    await this.rig.open();
    for (const column of [0, 1, 2]) await this.tell({ kind: "define", column, name: column });
  }

  /** Rejects where the disk said no to the file; the model then knows of the step, the file may not. */
  async tell(step: StoryStep): Promise<void> {
    const file = this.rig.file as HistoryFile;
    switch (step.kind) {
      case "define": {
        const key = NAMES[step.name] as string;
        const taken = this.model.keys.indexOf(key);
        if (taken >= 0 && taken !== step.column) return;
        this.model.keys[step.column] = key;
        await file.define([{ column: step.column, key }]);
        return;
      }
      case "sample": {
        this.slot = Math.max(0, this.slot + step.slots);
        this.#note(step.values);
        this.model.append(this.slot, step.values.map(Math.fround));
        const tags = new Uint32Array(SHAPE.columns);
        for (const [column, key] of this.model.keys.entries()) {
          if (key !== undefined) tags[column] = tagOf(key);
        }
        const values = new Float32Array(SHAPE.columns).fill(Number.NaN);
        values.set(step.values);
        await file.append({ slot: this.slot, tags, values });
        return;
      }
      case "restart":
        if (step.isOrderly) {
          this.model.close();
          await file.close();
        }
        await this.rig.open();
    }
  }

  #note(values: readonly number[]): void {
    for (const [column, value] of values.entries()) {
      const key = this.model.keys[column];
      if (key === undefined || Number.isNaN(value)) continue;
      const at = `${key}@${this.slot}`;
      const known = this.written.get(at) ?? new Set();
      this.written.set(at, known.add(Math.fround(value)));
    }
  }
}
