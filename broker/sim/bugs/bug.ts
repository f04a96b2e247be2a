/** What a planted bug is: the text of a source file, and what stands there instead. */
export interface Bug {
  readonly name: string;
  /** Within `broker/src`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly text: string;
  readonly instead: string;
}
