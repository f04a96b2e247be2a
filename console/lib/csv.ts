/** Tables as RFC 4180, safe to be opened in a spreadsheet. */
import { csvLine } from "@runnel/contracts/csv.ts";

/** Header and rows. */
export function toCsv(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, ...rows].map(csvLine).join("");
}
