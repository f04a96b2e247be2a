/** Bytes as people look at them. */

export interface HexLine {
  readonly offset: string;
  /** Pairs of digits, two blocks of eight. */
  readonly hex: string;
  /** Printable ASCII; a dot for everything else. */
  readonly text: string;
}

export const BYTES_PER_LINE = 16;

export function hexLineCount(bytes: Uint8Array): number {
  return Math.ceil(bytes.length / BYTES_PER_LINE);
}

export function hexLine(bytes: Uint8Array, line: number): HexLine {
  const start = line * BYTES_PER_LINE;
  const part = bytes.subarray(start, start + BYTES_PER_LINE);
  const pairs = Array.from(part, (byte) => byte.toString(16).padStart(2, "0"));
  return {
    offset: start.toString(16).padStart(8, "0"),
    hex: `${pairs.slice(0, 8).join(" ")}  ${pairs.slice(8).join(" ")}`.trimEnd(),
    text: Array.from(part, (byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·",
    ).join(""),
  };
}
