/** Aligned columns for people. */
import { escapeControls } from "./text.ts";

export interface Column {
  readonly title: string;
  /** Numbers stand right; everything else left. */
  readonly align?: "left" | "right";
}

const GAP = "  ";

/** One line per row under a line of titles, without spaces at the end; ends with a line break. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => row.map((cell) => escapeControls(String(cell)))),
  ];
  const widths = columns.map((_, index) =>
    cells.reduce((widest, row) => Math.max(widest, widthOf(row[index] ?? "")), 0),
  );
  return cells
    .map((row) => {
      const line = columns.map((column, index) =>
        pad(row[index] ?? "", widths[index] ?? 0, column),
      );
      return `${line.join(GAP).trimEnd()}\n`;
    })
    .join("");
}

/** `name  value` lines, aligned. */
export function renderFields(fields: readonly (readonly [string, string | number])[]): string {
  const width = fields.reduce((widest, [name]) => Math.max(widest, widthOf(name)), 0);
  return fields
    .map(([name, value]) => `${name.padEnd(width)}${GAP}${escapeControls(String(value))}\n`)
    .join("");
}

function pad(text: string, width: number, { align }: Column): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "right" ? space + text : text + space;
}

/** Code points, which is columns for all but wide scripts. */
function widthOf(text: string): number {
  return Array.from(text).length;
}
