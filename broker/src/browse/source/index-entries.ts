/**
 * The entries of one index of a segment, looked up in the file where they lie: a lookup reads a few pages
 * and not the whole, as a scan of many partitions touches many indexes.
 *
 * What is found is a hint. No checksum covers an index, so whoever uses an entry holds it against the
 * batch that it names.
 */
import { IoError } from "@runnel/kit/errors.ts";
import type { FileHandles } from "#log/file-handles.ts";
import { INDEX_PAGE_BYTES } from "../limits.ts";

export class IndexEntries {
  readonly #files: FileHandles;
  readonly #path: string;
  readonly #entrySize: number;
  readonly #fileCount: number;
  /** Entries behind those of the file. */
  readonly #more: Uint8Array;
  readonly #pagesMax: number;
  readonly #pages = new Map<number, Uint8Array>();
  readonly count: number;

  /**
   * Opens the index at `path`, which may be missing; `more` are entries that are not in it yet. Of its pages
   * `pagesMax` are kept.
   */
  static async open(
    files: FileHandles,
    path: string,
    options: { readonly entrySize: number; readonly more: Uint8Array; readonly pagesMax: number },
  ): Promise<IndexEntries> {
    let size = 0;
    try {
      size = await files.use(path, (file) => file.size());
    } catch (error) {
      // Missing is normal for a young segment, and without entries the log is walked.
      if (!(error instanceof IoError)) throw error;
    }
    return new IndexEntries(files, { ...options, path, size });
  }

  private constructor(
    files: FileHandles,
    options: {
      readonly path: string;
      readonly entrySize: number;
      readonly more: Uint8Array;
      readonly pagesMax: number;
      readonly size: number;
    },
  ) {
    const { path, entrySize, more, pagesMax, size } = options;
    this.#pagesMax = pagesMax;
    this.#files = files;
    this.#path = path;
    this.#entrySize = entrySize;
    this.#more = more;
    this.#fileCount = Math.floor(size / entrySize);
    this.count = this.#fileCount + Math.floor(more.length / entrySize);
  }

  /** The bytes of entry `index`, 0 ≤ `index` < `count`; null where they cannot be read any more. */
  async at(index: number): Promise<Uint8Array | null> {
    const size = this.#entrySize;
    if (index >= this.#fileCount) {
      const start = (index - this.#fileCount) * size;
      return this.#more.subarray(start, start + size);
    }
    // Pages hold whole entries, so that none lies across two.
    const perPage = Math.floor(INDEX_PAGE_BYTES / size);
    const number = Math.floor(index / perPage);
    const page = await this.#page(number, perPage * size);
    if (page === null) return null;
    const start = (index - number * perPage) * size;
    return start + size <= page.length ? page.subarray(start, start + size) : null;
  }

  /**
   * The number of the last entry for which `isBefore` holds; −1 for none. It holds for all entries up to
   * some number and for none behind.
   */
  async findLast(isBefore: (entry: Uint8Array) => boolean): Promise<number> {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = await this.at(middle);
      if (entry !== null && isBefore(entry)) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  async #page(number: number, pageBytes: number): Promise<Uint8Array | null> {
    const known = this.#pages.get(number);
    if (known !== undefined) return known;
    const page = await this.#read(number * pageBytes, pageBytes);
    if (page === null) return null;
    const [oldest] = this.#pages.keys();
    if (this.#pages.size >= this.#pagesMax && oldest !== undefined) this.#pages.delete(oldest);
    this.#pages.set(number, page);
    return page;
  }

  async #read(position: number, length: number): Promise<Uint8Array | null> {
    const bytes = new Uint8Array(length);
    try {
      const count = await this.#files.use(this.#path, (file) => file.read(bytes, position));
      return bytes.subarray(0, count);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      return null;
    }
  }
}
