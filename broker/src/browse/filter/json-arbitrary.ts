/** JSON as text in every form it may be written, and near misses, for property tests. */
import { awkwardText, numberText } from "@runnel/contracts/filter-arbitrary.ts";
import fc from "fast-check";

/** Bytes that mean something, so that a change matters. */
const BYTES = Array.from('"\\{}[]:,0-.eEtn \0', (sign) => sign.charCodeAt(0));

const space = fc.stringMatching(/^[ \t\n\r]{0,2}$/);

/** A string in which any character may be escaped, in any way that JSON knows. */
function stringFrom(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(text, fc.infiniteStream(fc.nat({ max: 7 }))).map(([content, choices]) => {
    const units = content.split("").map((unit) => {
      const choice = choices.next().value ?? 0;
      const code = unit.charCodeAt(0);
      const hex = code.toString(16).padStart(4, "0");
      if (choice === 0) return `\\u${hex}`;
      if (choice === 1) return `\\u${hex.toUpperCase()}`;
      if (unit === "/" && choice === 2) return "\\/";
      // A raw half of a pair can only be followed by the other.
      return code >= 0xd800 && code < 0xe000 ? `\\u${hex}` : JSON.stringify(unit).slice(1, -1);
    });
    return `"${units.join("")}"`;
  });
}

const anyString = fc.oneof(
  stringFrom(awkwardText),
  awkwardText.map((text) => JSON.stringify(text)),
  numberText.map((number) => `"${number}"`),
);
/** Few names, so that paths lead somewhere and names meet again. */
const name = fc.oneof(
  { arbitrary: stringFrom(fc.constantFrom("a", "b", "total", "0", "x-y")), weight: 4 },
  anyString,
);

const { value } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: "json", withCrossShrink: true },
    fc.constantFrom("null", "true", "false", "{}", "[]", "30", "-0.0", '"o-17"'),
    numberText,
    anyString,
    tie("array"),
    tie("object"),
  ),
  array: fc
    .array(fc.tuple(space, tie("value"), space), { maxLength: 4 })
    .map((elements) => `[${elements.map((parts) => parts.join("")).join(",")}]`),
  object: fc
    .array(fc.tuple(space, name, space, fc.constant(":"), space, tie("value"), space), {
      maxLength: 4,
    })
    .map((members) => `{${members.map((parts) => parts.join("")).join(",")}}`),
}));

/** Valid JSON. */
export const jsonText: fc.Arbitrary<string> = fc
  .tuple(space, value, space)
  .map((parts) => parts.join(""));

/** JSON, valid or just not: bytes changed, left out, doubled or cut off. */
export const jsonLikeBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  jsonText.map((text) => new TextEncoder().encode(text)),
  fc
    .tuple(jsonText, fc.nat(), fc.nat({ max: 3 }), fc.oneof(fc.constantFrom(...BYTES), fc.nat(255)))
    .map(([text, place, change, byte]) => {
      const bytes = [...new TextEncoder().encode(text)];
      const at = place % (bytes.length + 1);
      if (change === 0) return Uint8Array.from(bytes.slice(0, at));
      if (change === 1) bytes.splice(at, 1);
      if (change === 2) bytes.splice(at, 1, byte);
      if (change === 3) bytes.splice(at, 0, byte);
      return Uint8Array.from(bytes);
    }),
  fc.uint8Array({ maxLength: 12 }),
);
