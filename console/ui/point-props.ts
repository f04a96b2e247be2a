/** What charts of single values are made of. */

export interface ChartPoint {
  readonly at: number;
  /** Where it is drawn; null breaks the line. */
  readonly value: number | null;
  /** What it says, in full. */
  readonly text: string;
}
