/** Lists from their first row to their last, for files of them. */

/** More than anybody reads, and little enough for a browser's memory. */
export const EVERY_ROW_MAX = 100_000;

export interface EveryRow<T> {
  readonly rows: readonly T[];
  /** False where there are more than `EVERY_ROW_MAX`. */
  readonly isAll: boolean;
}

/** Asks for page after page. */
export async function everyPage<T>(
  ask: (
    cursor: string | null,
  ) => Promise<{ readonly items: readonly T[]; readonly nextCursor: string | null }>,
): Promise<EveryRow<T>> {
  const rows: T[] = [];
  let cursor: string | null = null;
  do {
    const { items, nextCursor } = await ask(cursor);
    rows.push(...items);
    cursor = nextCursor;
  } while (cursor !== null && rows.length < EVERY_ROW_MAX);
  return { rows: rows.slice(0, EVERY_ROW_MAX), isAll: cursor === null };
}
