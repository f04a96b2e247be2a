/** Reads a key index: which runs it has, and where they say that a key is. */
import { IoError } from "@runnel/kit/errors.ts";
import type { FileHandles } from "#log/file-handles.ts";
import { CANDIDATES_MAX } from "../limits.ts";
import {
  countOfPage,
  decodeFences,
  decodeHeader,
  fencesSize,
  HEADER_SIZE,
  hashAt,
  PAGE_SIZE,
  pageCountOf,
  positionAt,
  type RunHeader,
  runSize,
} from "./format.ts";

/** A run in its file. */
export interface Run extends RunHeader {
  /** Where its header is. */
  readonly at: number;
}

export interface RunsFound {
  readonly runs: readonly Run[];
  /** Where the file's good part ends. */
  readonly end: number;
}

const NONE: RunsFound = { runs: [], end: 0 };

/**
 * The runs in the file at `path`, in the order of the log, up to the first that makes no sense; none where
 * the file is missing. `isCurrent` says whether the log still has the last batch of a run where it was.
 */
export async function readRuns(
  files: FileHandles,
  path: string,
  isCurrent: (run: RunHeader) => Promise<boolean>,
): Promise<RunsFound> {
  const runs: Run[] = [];
  let end = 0;
  let reached = 0;
  try {
    for (;;) {
      const header = decodeHeader(await readAt(files, path, end, HEADER_SIZE));
      if (header === null || header.startPosition < reached) break;
      if (!(await isCurrent(header))) break;
      runs.push({ ...header, at: end });
      reached = header.endPosition;
      end += runSize(header.entryCount);
    }
    return { runs, end };
  } catch (error) {
    if (!(error instanceof IoError)) throw error;
    return NONE;
  }
}

/**
 * Adds the positions of batches that may hold a key with `hash` to `positions`. False where the run cannot
 * say: it is damaged, or there are too many.
 */
export async function findInRun(
  files: FileHandles,
  path: string,
  {
    run,
    hash,
    positions,
  }: { readonly run: Run; readonly hash: number; readonly positions: number[] },
): Promise<boolean> {
  const pageCount = pageCountOf(run.entryCount);
  if (pageCount === 0) return true;
  const fencesAt = run.at + HEADER_SIZE;
  const size = fencesSize(pageCount);
  const fences = decodeFences(await readAt(files, path, fencesAt, size));
  if (fences === null) return false;
  // Entries of the hash may begin at the end of the page before the first that begins with it.
  const first = Math.max(0, lowerBound(fences, hash) - 1);
  for (let page = first; page < pageCount && (fences[page] as number) <= hash; page += 1) {
    const bytes = await readAt(files, path, fencesAt + size + page * PAGE_SIZE, PAGE_SIZE);
    const count = countOfPage(bytes);
    if (count < 0) return false;
    for (let index = lowerBoundInPage(bytes, count, hash); index < count; index += 1) {
      if (hashAt(bytes, index) !== hash) break;
      if (positions.length >= CANDIDATES_MAX) return false;
      positions.push(positionAt(bytes, index));
    }
  }
  return true;
}

/** The first of sorted numbers that is not below `value`. */
function lowerBound(sorted: Uint32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lowerBoundInPage(page: Uint8Array, count: number, hash: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (hashAt(page, middle) < hash) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function readAt(
  files: FileHandles,
  path: string,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const count = await files.use(path, (file) => file.read(bytes, position));
  return bytes.subarray(0, count);
}
