/**
 * For tests: a batch written by hand from the format's description.
 *
 * Two records: "k1" → "v1" at 1,700,000,000,000 ms with the header h → null, and null → null 5 ms
 * later. Base offset 100, leader epoch 9, producer 4242 in epoch 3 from sequence 7 on. The checksum
 * was worked out bit by bit, without our library.
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

export const GOLDEN_BATCH: Uint8Array = Uint8Array.from(Buffer.from(GOLDEN_HEX, "hex"));
