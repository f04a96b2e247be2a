/** Joins runs that follow each other into one, so that a key is looked up once; a page of each at a time. */
import type { DiskFile } from "#io/ports.ts";
import { RankHeap } from "../scan/rank-heap.ts";
import {
  countOfPage,
  encodeFences,
  encodeHeader,
  fencesSize,
  finishPage,
  HEADER_SIZE,
  hashAt,
  PAGE_ENTRIES,
  PAGE_SIZE,
  pageCountOf,
  positionAt,
  runSize,
  setEntry,
} from "./format.ts";
import type { Run } from "./runs.ts";

/** Pages that are written together. */
const WRITE_PAGES = 16;

/** Reads the entries of one run in order. */
class RunCursor {
  readonly #file: DiskFile;
  readonly #run: Run;
  readonly #page = new Uint8Array(PAGE_SIZE);
  #number = -1;
  #index = 0;
  #count = 0;
  hash = 0;
  position = 0;

  constructor(file: DiskFile, run: Run) {
    this.#file = file;
    this.#run = run;
  }

  /** Smaller hashes come first, and of equal ones the earlier position. */
  get rank(): number {
    return -this.hash;
  }

  /** Whether `step` can go on without reading. */
  get isInPage(): boolean {
    return this.#index < this.#count;
  }

  /** Reads the next page; false where there is none. Throws where it is damaged. */
  async read(): Promise<boolean> {
    const pageCount = pageCountOf(this.#run.entryCount);
    this.#number += 1;
    if (this.#number >= pageCount) return false;
    const at = this.#run.at + HEADER_SIZE + fencesSize(pageCount) + this.#number * PAGE_SIZE;
    await this.#file.read(this.#page, at);
    this.#count = countOfPage(this.#page);
    if (this.#count < 0)
      throw new DamagedRunError(`page ${this.#number} of the run at ${this.#run.at}`);
    this.#index = 0;
    return true;
  }

  step(): void {
    this.hash = hashAt(this.#page, this.#index);
    this.position = positionAt(this.#page, this.#index);
    this.#index += 1;
  }
}

/** A page is not what was written: the index has to be made again. */
export class DamagedRunError extends Error {
  override name = "DamagedRunError";
}

/**
 * Writes one run with all entries of `runs`, each of which begins where the one before ends, to `target` at
 * `position`; returns where it ends. `breathe` is called between pages. Throws `DamagedRunError`.
 */
export async function mergeRuns(
  source: DiskFile,
  runs: readonly Run[],
  options: {
    readonly target: DiskFile;
    readonly position: number;
    readonly breathe: () => Promise<void>;
  },
): Promise<number> {
  const { target, position, breathe } = options;
  const [first, last] = [runs[0] as Run, runs.at(-1) as Run];
  const entryCount = runs.reduce((sum, run) => sum + run.entryCount, 0);
  const pageCount = pageCountOf(entryCount);
  const writer = new PageWriter(target, position + HEADER_SIZE + fencesSize(pageCount), pageCount);
  const heap = new RankHeap<RunCursor>((a, b) => a.position - b.position);
  for (const run of runs) {
    const cursor = new RunCursor(source, run);
    if (!(await cursor.read())) continue;
    cursor.step();
    heap.push(cursor);
  }
  for (let cursor = heap.top; cursor !== undefined; cursor = heap.top) {
    if (writer.add(cursor.hash, cursor.position)) {
      await writer.flush();
      await breathe();
    }
    if (cursor.isInPage || (await cursor.read())) {
      cursor.step();
      heap.settleTop();
    } else heap.removeTop();
  }
  await writer.finish();
  const header = encodeHeader({
    ...last,
    startPosition: first.startPosition,
    startOffset: first.startOffset,
    entryCount,
  });
  await target.write([header, encodeFences(writer.fences)], position);
  return position + runSize(entryCount);
}

/** Fills pages and writes several at once. */
class PageWriter {
  readonly fences: Uint32Array;
  readonly #target: DiskFile;
  readonly #pages = new Uint8Array(WRITE_PAGES * PAGE_SIZE);
  #at: number;
  #index = 0;
  #page = 0;
  #done = 0;

  constructor(target: DiskFile, at: number, pageCount: number) {
    this.#target = target;
    this.#at = at;
    this.fences = new Uint32Array(pageCount);
  }

  /** Adds an entry; true when `flush` is due. */
  add(hash: number, position: number): boolean {
    const at = this.#page * PAGE_SIZE;
    if (this.#index === 0) this.fences[this.#done + this.#page] = hash;
    setEntry(this.#pages, { at, index: this.#index }, { hash, position });
    this.#index += 1;
    if (this.#index < PAGE_ENTRIES) return false;
    this.#closePage();
    return this.#page === WRITE_PAGES;
  }

  async flush(): Promise<void> {
    if (this.#page === 0) return;
    const bytes = this.#pages.subarray(0, this.#page * PAGE_SIZE);
    await this.#target.write([bytes], this.#at);
    this.#at += bytes.length;
    this.#done += this.#page;
    this.#page = 0;
    this.#pages.fill(0);
  }

  async finish(): Promise<void> {
    if (this.#index > 0) this.#closePage();
    await this.flush();
  }

  #closePage(): void {
    finishPage(this.#pages, this.#page * PAGE_SIZE, this.#index);
    this.#page += 1;
    this.#index = 0;
  }
}
