/** JSON whose numbers keep their digits: those that a double cannot hold stay as they were written. */

interface Source {
  /** How a number, text or other scalar stands in the JSON. */
  readonly source?: string;
}

type Reviver = (key: string, value: unknown, context?: Source) => unknown;

const { rawJSON } = JSON as unknown as { readonly rawJSON?: (text: string) => unknown };
const parse = JSON.parse as (text: string, reviver: Reviver) => unknown;

/** Throws `SyntaxError` where the text is no JSON. What `JSON.stringify` makes of it has every digit. */
export function parseExact(text: string): unknown {
  return parse(text, (_, value, context) => {
    if (typeof value !== "number" || rawJSON === undefined) return value;
    const { source } = context ?? {};
    return source === undefined || String(value) === source ? value : rawJSON(source);
  });
}

/** True for a number that `parseExact` has left as it was written. */
export function isRawNumber(value: unknown): boolean {
  const { isRawJSON } = JSON as unknown as { readonly isRawJSON?: (value: unknown) => boolean };
  return isRawJSON?.(value) === true;
}
