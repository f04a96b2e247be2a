/** A question that cannot be answered, and why. */

export type RefusalKind =
  /** There is no such topic. */
  | "notFound"
  /** A part of the question makes no sense. */
  | "invalid"
  /** More is asked at once than may be; trying later helps. */
  | "busy"
  /** The partition cannot be read at the moment. */
  | "unavailable";

/** Thrown by the services of browsing; everything else that they throw is a bug or a failing disk. */
export class BrowseRefusal extends Error {
  override name = "BrowseRefusal";
  readonly kind: RefusalKind;
  /** The part of the question that is at fault; null where none is. */
  readonly field: string | null;
  readonly remedy: string;

  constructor(
    kind: RefusalKind,
    {
      message,
      remedy,
      field = null,
    }: { readonly message: string; readonly remedy: string; readonly field?: string | null },
  ) {
    super(message);
    this.kind = kind;
    this.field = field;
    this.remedy = remedy;
  }
}
