import { parse } from "lossless-json";

/**
 * Reads JSON with every digit of its numbers. Of a name that an object has twice the last one counts, as
 * for nearly every other reader; `onRepeated` is told of it where their values differ. Throws
 * `SyntaxError` for what is no JSON, `RangeError` for what is nested too deep.
 */
export function parseLossless(text: string, onRepeated?: (name: string) => void): unknown {
  return parse(text, null, {
    onDuplicateKey: ({ key, newValue }) => {
      onRepeated?.(key);
      return newValue;
    },
  });
}
