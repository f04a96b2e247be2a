/**
 * For tests: a batch written by hand from the format's description, and batches that Java wrote.
 *
 * By hand: two records: "k1" → "v1" at 1,700,000,000,000 ms with the header h → null, and null →
 * null 5 ms later. Base offset 100, leader epoch 9, producer 4242 in epoch 3 from sequence 7 on.
 * The checksum was worked out bit by bit, without our library.
 */
const GOLDEN_HEX = [
  "0000000000000064", // baseOffset
  "00000046", // batchLength 70: 49 + 14 + 7
  "00000009", // partitionLeaderEpoch
  "02", // magic
  "efb4f5d7", // crc
  "0000", // attributes
  "00000001", // lastOffsetDelta
  "0000018bcfe56800", // baseTimestamp
  "0000018bcfe56805", // maxTimestamp
  "0000000000001092", // producerId
  "0003", // producerEpoch
  "00000007", // baseSequence
  "00000002", // recordCount
  "1a00000004", // length 13, attributes, timestampDelta 0, offsetDelta 0, key of 2 bytes
  "6b31047631", // "k1", value of 2 bytes, "v1"
  "02026801", // 1 header: key of 1 byte, "h", null
  "0c000a02010100", // length 6, attributes, timestampDelta 5, offsetDelta 1, null, null, no headers
].join("");

/**
 * What `MemoryRecordsBuilder` of Kafka's Java client 4.3.1 makes of three records with each codec:
 * the two above, then "" → "abcdefgh" eight times at 1,700,000,000,003 ms with the headers
 * "hä" → "" and "h" → "x". Base offset 0, leader epoch −1, the same producer. `zstd22` is zstd at
 * its highest level, which declares a window of 2^27 bytes even here.
 */
const JAVA_HEX = {
  none: [
    "000000000000000000000098ffffffff02be195aec0000000000020000018bcfe568000000018bcfe5680500",
    "00000000001092000300000007000000031a000000046b31047631020268010c000a02010100a00100060400",
    "8001616263646566676861626364656667686162636465666768616263646566676861626364656667686162",
    "63646566676861626364656667686162636465666768040668c3a40002680278",
  ].join(""),
  gzip: [
    "000000000000000000000076ffffffff02b15317e00001000000020000018bcfe568000000018bcfe5680500",
    "00000000001092000300000007000000031f8b08000000000000ff9362606060c9366429336462ca60e461e0",
    "6262646458c0c8c0c6c2d0c09898949c929a969e412ecdc2967178090353065305006463010267000000",
  ].join(""),
  snappy: [
    "00000000000000000000007affffffff02208ac7790002000000020000018bcfe568000000018bcfe5680500",
    "000000000010920003000000070000000382534e415050590000000001000000010000003567901a00000004",
    "6b31047631020268010c000a02010100a0010006040080016162636465666768de080024040668c3a4000268",
    "0278",
  ].join(""),
  lz4: [
    "000000000000000000000075ffffffff026854ac4e0003000000020000018bcfe568000000018bcfe5680500",
    "000000000010920003000000070000000304224d1860408235000000ff161a000000046b3104763102026801",
    "0c000a02010100a0010006040080016162636465666768080025a0040668c3a4000268027800000000",
  ].join(""),
  zstd: [
    "000000000000000000000074ffffffff02eeb4ac910004000000020000018bcfe568000000018bcfe5680500",
    "000000000010920003000000070000000328b52ffd0058bc0100f4021a000000046b31047631020268010c00",
    "0a02010100a0010006040080016162636465666768040668c3a400026802780100edcef204010000",
  ].join(""),
  zstd22: [
    "000000000000000000000074ffffffff02d563721e0004000000020000018bcfe568000000018bcfe5680500",
    "000000000010920003000000070000000328b52ffd0088bc0100f4021a000000046b31047631020268010c00",
    "0a02010100a0010006040080016162636465666768040668c3a400026802780100edf33e01010000",
  ].join(""),
} as const;

export type JavaBatchName = keyof typeof JAVA_HEX;

export const GOLDEN_BATCH: Uint8Array = fromHex(GOLDEN_HEX);

export function javaBatch(name: JavaBatchName): Uint8Array {
  return fromHex(JAVA_HEX[name]);
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
