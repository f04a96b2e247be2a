/**
 * One ring of the file: closed blocks on the disk, the open one in memory. A block that is being
 * written stays readable from memory until the disk has it.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import type { DiskFile } from "#io/ports.ts";
import { Block, type BlockHead, checkRun, type Run, readBlockHead, viewOf } from "./block.ts";
import { BLOCK_HEAD_BYTES, blockSize, positionOf, type RingLayout } from "./layout.ts";

/** Runs between two wanted ones that are read along with them rather than asked for apart. */
const GAP_RUNS_MAX = 32;

/** One series in a ring: its column, and the tag that its runs bear. */
export interface Place {
  readonly column: number;
  readonly tag: number;
}

/** Told of what could not be read back or written. */
export interface RingProblems {
  /** Runs or heads whose checksum is wrong: they count as not there. */
  damaged(count: number): void;
  failed(what: string, reason: string): void;
}

export class Ring {
  readonly layout: RingLayout;
  readonly #file: DiskFile;
  readonly #problems: RingProblems;
  /** By place in the ring: the head of the block that is there whole. */
  readonly #heads: (BlockHead | null)[];
  #open: Block | null = null;
  #closing: Block | null = null;

  constructor(layout: RingLayout, file: DiskFile, problems: RingProblems) {
    this.layout = layout;
    this.#file = file;
    this.#problems = problems;
    this.#heads = Array.from({ length: layout.blocks }, () => null);
  }

  get open(): Block | null {
    return this.#open;
  }

  /** Numbers of the blocks that the file holds, in no order. */
  get stored(): readonly number[] {
    return this.#heads.flatMap((head) => head?.number ?? []);
  }

  /**
   * Numbers from `first` to `last` of the blocks that there is something of, smallest first: at most as
   * many as the ring holds and two more, however long the range is.
   */
  numbersWithin(first: number, last: number): readonly number[] {
    const inMemory = [this.#open, this.#closing].flatMap((block) => block?.number ?? []);
    return [...new Set([...this.stored, ...inMemory])]
      .filter((number) => number >= first && number <= last)
      .toSorted((a, b) => a - b);
  }

  /** Learns from the file which blocks are there. */
  async load(): Promise<void> {
    const { layout } = this;
    for (let place = 0; place < layout.blocks; place += 1) {
      const head = new Uint8Array(BLOCK_HEAD_BYTES);
      const count = await this.#file.read(head, positionOf(layout, place));
      if (count < BLOCK_HEAD_BYTES || head.every((byte) => byte === 0)) continue;
      const found = readBlockHead(layout, head);
      if (found === null || found.number % layout.blocks !== place) this.#problems.damaged(1);
      else this.#heads[place] = found;
    }
  }

  holds(number: number): boolean {
    return this.#headAt(number)?.number === number;
  }

  /** The newest row of the block that has the place of block `number` now; 0 for none. */
  sequenceAt(number: number): number {
    return this.#headAt(number)?.sequence ?? 0;
  }

  /** Makes block `number` the open one, with what the file has of it. The one before must be closed. */
  async openBlock(number: number): Promise<Block> {
    if (this.#open?.number === number) return this.#open;
    const block = (await this.read(number)) ?? new Block(this.layout, number);
    this.#open = block;
    return block;
  }

  /** Writes the open block and has none afterwards. What cannot be written is told of and lost. */
  async closeBlock(): Promise<void> {
    const block = this.#open;
    if (block === null) return;
    this.#closing = block;
    this.#open = null;
    try {
      await this.write(block);
    } finally {
      this.#closing = null;
    }
  }

  /** Brings a block to its place. A failure is told of: the place then holds nothing. */
  async write(block: Block): Promise<void> {
    const { number, count, sequence } = block;
    const place = number % this.layout.blocks;
    this.#heads[place] = null;
    try {
      await this.#file.write([block.encode()], positionOf(this.layout, number));
      this.#heads[place] = { number, count, sequence };
    } catch (error) {
      this.#problems.failed("writing a block", messageOf(error));
    }
  }

  /** A whole block from the file; null where it has none, or cannot be read. */
  async read(number: number): Promise<Block | null> {
    const head = this.#headAt(number);
    if (head?.number !== number) return null;
    const bytes = new Uint8Array(blockSize(this.layout, head.count));
    try {
      await this.#file.read(bytes, positionOf(this.layout, number));
    } catch (error) {
      this.#problems.failed("reading a block", messageOf(error));
      return null;
    }
    const { block, damagedCount } = Block.decode(this.layout, head, bytes);
    if (damagedCount > 0) this.#problems.damaged(damagedCount);
    return block;
  }

  /**
   * The runs of `places` in block `number`, in their order; null for a series that has none there.
   * `places` are sorted by column. Rejects with `IoError` where the file cannot be read.
   */
  async readRuns(number: number, places: readonly Place[]): Promise<readonly (Run | null)[]> {
    const block = this.inMemory(number);
    if (block !== null) return places.map(({ column, tag }) => block.run(column, tag));
    const head = this.#headAt(number);
    if (head?.number !== number) return places.map(() => null);
    const runs: (Run | null)[] = [];
    for (const span of spansOf(places, head.count))
      runs.push(...(await this.#readSpan(number, span)));
    return [...runs, ...places.slice(runs.length).map(() => null)];
  }

  /** A block that is open or being written. */
  inMemory(number: number): Block | null {
    if (this.#open?.number === number) return this.#open;
    return this.#closing?.number === number ? this.#closing : null;
  }

  #headAt(number: number): BlockHead | null {
    return this.#heads[number % this.layout.blocks] ?? null;
  }

  async #readSpan(number: number, span: readonly Place[]): Promise<readonly (Run | null)[]> {
    const { layout } = this;
    const first = (span[0] as Place).column;
    const last = (span.at(-1) as Place).column;
    const bytes = new Uint8Array((last - first + 1) * layout.runBytes);
    const start = positionOf(layout, number) + blockSize(layout, first);
    const length = await this.#file.read(bytes, start);
    const view = viewOf(bytes.subarray(0, length));
    let damagedCount = 0;
    const runs = span.map(({ column, tag }) => {
      const run = { view, at: (column - first) * layout.runBytes };
      const found = checkRun(layout, run, { number, column });
      if (found === null) damagedCount += 1;
      return found === tag ? run : null;
    });
    // What was overwritten while it was read is not damage.
    if (damagedCount > 0 && this.holds(number)) this.#problems.damaged(damagedCount);
    return runs;
  }
}

/** Places below `count`, in pieces that lie close enough together to be read at once. */
function spansOf(places: readonly Place[], count: number): readonly (readonly Place[])[] {
  const spans: Place[][] = [];
  let previous = Number.NEGATIVE_INFINITY;
  for (const place of places) {
    if (place.column >= count) break;
    if (place.column - previous > GAP_RUNS_MAX) spans.push([place]);
    else spans.at(-1)?.push(place);
    previous = place.column;
  }
  return spans;
}
