/** Text from outside, made safe to show on one line of a terminal or a log. */

const LENGTH_MAX = 256;

/** Whether a character can move the cursor, end a line, hide, or turn the direction of writing. */
function isUnsafe(code: number): boolean {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  if (code === 0xad || (code >= 0x200b && code <= 0x200f)) return true;
  if (code >= 0x2028 && code <= 0x202e) return true;
  if (code >= 0x2060 && code <= 0x206f) return true;
  if (code === 0xfeff || (code >= 0xd800 && code <= 0xdfff)) return true;
  return code >= 0xe0000 && code <= 0xe0fff;
}

/** `text` with unsafe characters as `\u{1b}`, cut after `lengthMax` characters. */
export function safeText(text: string, lengthMax = LENGTH_MAX): string {
  let out = "";
  let taken = 0;
  for (const char of text) {
    if (taken === lengthMax) return `${out}… (${text.length} characters)`;
    const code = char.codePointAt(0) as number;
    out += isUnsafe(code) ? `\\u{${code.toString(16)}}` : char;
    taken += 1;
  }
  return out;
}

/** Characters of a value that is logged whole. */
const WHOLE_MAX = 512 * 1024;

/**
 * A value for a line that must have all of it, however deep it is: as one text of JSON, which programs
 * can read back. Its characters are ASCII, so that nothing in it has to be made safe.
 */
export class WholeJson {
  readonly text: string;

  constructor(value: unknown) {
    const ascii = JSON.stringify(value).replaceAll(
      /[^\x20-\x7e]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    this.text = ascii.length <= WHOLE_MAX ? ascii : safeText(ascii, WHOLE_MAX);
  }
}
