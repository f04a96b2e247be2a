/**
 * Tells an administrator who moves a group's offsets from a consumer that assigns itself partitions: on
 * the wire both commit without being a member. The consumer does so again and again, and only forward.
 */

/** Commits in a row that are taken for an administrator's, and the pause that ends a row. */
const COMMITS_MAX = 3;
const ROW_MS_MAX = 60_000;
/** Connections and groups that are remembered; the oldest is forgotten, and then taken for new. */
const REMEMBERED_MAX = 1_000;

interface Row {
  count: number;
  /** Monotonic ms. */
  lastAt: number;
}

export class Outsiders {
  readonly #rows = new Map<string, Row>();

  /**
   * Counts a commit of `connectionId` for `groupId` at `nowMs` (monotonic); returns whether it is one of
   * the first in its row.
   */
  isEarly(connectionId: number, groupId: string, nowMs: number): boolean {
    const key = `${connectionId}:${groupId}`;
    const known = this.#rows.get(key);
    this.#rows.delete(key);
    const isRow = known !== undefined && nowMs - known.lastAt <= ROW_MS_MAX;
    const row = { count: (isRow ? known.count : 0) + 1, lastAt: nowMs };
    this.#rows.set(key, row);
    if (this.#rows.size > REMEMBERED_MAX) {
      const [oldest] = this.#rows.keys();
      if (oldest !== undefined) this.#rows.delete(oldest);
    }
    return row.count <= COMMITS_MAX;
  }
}
