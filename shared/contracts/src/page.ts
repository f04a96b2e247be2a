/** Lists in pages: the broker sorts, filters and cuts. */
import { z } from "zod";

export const PAGE_SIZE_DEFAULT = 100;
export const PAGE_SIZE_MAX = 1_000;
const FILTER_LENGTH_MAX = 256;
const CURSOR_LENGTH_MAX = 2_048;

/**
 * What every list takes. The cursor of an answer continues it: same filter, same sort. It stands for
 * the last row that was given, so rows that come or go meanwhile neither repeat nor hide others.
 */
export function pageQuery<const S extends readonly [string, ...string[]]>(
  sorts: S,
): z.ZodObject<
  {
    limit: z.ZodOptional<z.ZodInt>;
    cursor: z.ZodOptional<z.ZodString>;
    filter: z.ZodOptional<z.ZodString>;
    sort: z.ZodOptional<z.ZodEnum<{ [K in S[number]]: K }>>;
    order: z.ZodOptional<z.ZodEnum<{ asc: "asc"; desc: "desc" }>>;
  },
  z.core.$strict
> {
  return z.strictObject({
    limit: z
      .int()
      .min(1)
      .max(PAGE_SIZE_MAX)
      .optional()
      .meta({ description: `Rows of a page; ${PAGE_SIZE_DEFAULT} where left out.` }),
    cursor: z.string().min(1).max(CURSOR_LENGTH_MAX).optional().meta({
      description: "`nextCursor` of the page before, with the same filter and sort.",
    }),
    filter: z.string().max(FILTER_LENGTH_MAX).optional().meta({
      description:
        "Words that a row's name must all contain, in any case; a word with `*` or `?` must match the whole name.",
    }),
    sort: z
      .enum(sorts)
      .optional()
      .meta({ description: `${sorts[0]} where left out.` }),
    order: z.enum(["asc", "desc"]).optional().meta({ description: "asc where left out." }),
  });
}

/** One page of a list. */
export function page<T extends z.ZodType>(
  item: T,
): z.ZodObject<{
  items: z.ZodArray<T>;
  nextCursor: z.ZodNullable<z.ZodString>;
  total: z.ZodInt;
}> {
  return z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().meta({ description: "Null on the last page." }),
    total: z.int().meta({ description: "Rows that match, on all pages." }),
  });
}

/**
 * One page of `T`, whatever list it is from.
 *
 * @public
 */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
  readonly total: number;
}
