/**
 * CSV as RFC 4180 has it: commas, CRLF, quotes around whatever holds a comma, a quote or an end of line.
 *
 * A cell that a spreadsheet would take for a formula gets an apostrophe in front, and so does one that
 * has apostrophes in front of such a sign already; reading takes one away again, so nothing is lost.
 */

/** What spreadsheets take for the begin of a formula, the wide forms of East Asian keyboards included. */
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const GUARDED = /^'+[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** One line with its end. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

function csvCell(cell: string): string {
  const guarded = FORMULA.test(cell) ? `'${cell}` : cell;
  // Quotes also keep a byte order mark from being taken for the file's own.
  return /[",\r\n]|^\ufeff/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

export type ParsedCsv =
  | { readonly kind: "rows"; readonly rows: readonly CsvRow[] }
  | { readonly kind: "error"; readonly line: number; readonly message: string };

export interface CsvRow {
  /** On which it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Reads what `csvLine` wrote, and what others write: LF for CRLF, no end behind the last line. */
export function parseCsv(text: string): ParsedCsv {
  const rows: CsvRow[] = [];
  let cells: string[] = [];
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  let rowLine = 1;
  while (at < text.length) {
    const cell = text[at] === '"' ? readQuoted(text, at) : readPlain(text, at);
    if (cell === null)
      return { kind: "error", line, message: "a quote is not closed, or not doubled" };
    cells.push(GUARDED.test(cell.text) ? cell.text.slice(1) : cell.text);
    line += countLines(text, at, cell.end);
    at = cell.end;
    if (text[at] === ",") {
      at += 1;
      // A comma at the very end has an empty cell behind it.
      if (at < text.length) continue;
      cells.push("");
    }
    rows.push({ line: rowLine, cells });
    cells = [];
    at += text.startsWith("\r\n", at) ? 2 : 1;
    line += 1;
    rowLine = line;
  }
  return { kind: "rows", rows };
}

interface Cell {
  readonly text: string;
  /** Of the comma or the end of line behind it. */
  readonly end: number;
}

/** A cell that begins with a quote; null where it does not end as it must. */
function readQuoted(text: string, start: number): Cell | null {
  let at = start + 1;
  let content = "";
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return null;
    content += text.slice(at, quote);
    at = quote + 1;
    if (text[at] !== '"') break;
    content += '"';
    at += 1;
  }
  const isEnd = at >= text.length || text[at] === "," || text[at] === "\n" || text[at] === "\r";
  return isEnd ? { text: content, end: at } : null;
}

const PLAIN_CELL = /[^,"\r\n]*/y;

/** A cell without quotes; null where a quote stands inside. */
function readPlain(text: string, start: number): Cell | null {
  PLAIN_CELL.lastIndex = start;
  const content = PLAIN_CELL.exec(text)?.[0] ?? "";
  const end = start + content.length;
  return text[end] === '"' ? null : { text: content, end };
}

function countLines(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", start); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) {
    count += 1;
  }
  return count;
}
