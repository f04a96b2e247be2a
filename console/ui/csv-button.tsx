"use client";
import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import type { ReactNode } from "react";
import { toCsv } from "../lib/csv.ts";
import { everyPage } from "../lib/data/every-page.ts";
import { download } from "../lib/download.ts";
import { formatCount } from "../lib/format.ts";
import { Button } from "./button.tsx";
import type { Column } from "./grid.tsx";
import { toastDone, toastFailed } from "./toast.tsx";

interface CsvButtonProps<T> {
  /** Of the file, without its ending. */
  readonly name: string;
  /** Those with a `text` are written. */
  readonly columns: readonly Pick<Column<T>, "header" | "text">[];
  /** One page of what is to be written. */
  readonly ask: (
    cursor: string | null,
  ) => Promise<{ readonly items: readonly T[]; readonly nextCursor: string | null }>;
  readonly isDisabled?: boolean;
}

/** Saves the whole result, rows that were not scrolled to included. */
export function CsvButton<T>({ name, columns, ask, isDisabled }: CsvButtonProps<T>): ReactNode {
  const save = useMutation({
    mutationFn: () => everyPage(ask),
    onSuccess: ({ rows, isAll }) => {
      const written = columns.filter(({ text }) => text !== undefined);
      const header = written.map((column) => column.header);
      const lines = rows.map((row) => written.map(({ text }) => text?.(row) ?? ""));
      download(`${name}.csv`, toCsv(header, lines), "text/csv");
      toastDone(`${isAll ? "" : "The first "}${formatCount(rows.length)} ${name} are saved`);
    },
    onError: (error) => toastFailed("The file could not be made", error),
  });
  return (
    <Button onClick={() => save.mutate()} disabled={isDisabled === true || save.isPending}>
      <Download /> {save.isPending ? "Saving …" : "CSV"}
    </Button>
  );
}
