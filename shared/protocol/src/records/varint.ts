/** Writes the zigzag varints of records into bytes whose room was reckoned before. */

/** Bytes that the int32 `value` takes, 1 … 5. */
export function varintSize(value: number): number {
  const raw = ((value << 1) ^ (value >> 31)) >>> 0;
  if (raw < 0x80) return 1;
  if (raw < 0x4000) return 2;
  if (raw < 0x20_0000) return 3;
  return raw < 0x1000_0000 ? 4 : 5;
}

/** Writes the int32 `value` at `at`; returns where it ends. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let raw = ((value << 1) ^ (value >> 31)) >>> 0;
  let next = at;
  while (raw >= 0x80) {
    bytes[next++] = (raw & 0x7f) | 0x80;
    raw >>>= 7;
  }
  bytes[next++] = raw;
  return next;
}

/** Bytes that the whole number `value`, within ±2^52, takes as a varlong. */
export function varlongSize(value: number): number {
  let size = 1;
  for (let raw = zigzag(value); raw >= 0x80; raw = Math.floor(raw / 0x80)) size += 1;
  return size;
}

/** Writes the whole number `value`, within ±2^52, as a varlong at `at`; returns where it ends. */
export function writeVarlong(bytes: Uint8Array, at: number, value: number): number {
  let raw = zigzag(value);
  let next = at;
  while (raw >= 0x80) {
    bytes[next++] = (raw % 0x80) | 0x80;
    raw = Math.floor(raw / 0x80);
  }
  bytes[next++] = raw;
  return next;
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
