/**
 * Makes stored bytes readable, and says how and why. Total: every payload comes to something, at the
 * least to hex.
 */
import { Buffer, isUtf8 } from "node:buffer";
import type {
  DecodedPayload,
  DecodedRecord,
  Decoder,
  DecoderChoice,
} from "@runnel/contracts/decoded.ts";
import { DecodeError, messageOf } from "@runnel/kit/errors.ts";
import { isJson } from "../filter/json-valid.ts";
import type { StoredRecord } from "../record.ts";
import { type Choice, detect } from "./detect.ts";
import { readInternal, readMarker } from "./internal.ts";
import { CHECKED_BYTES_MAX } from "./limits.ts";
import { unpack } from "./message-pack.ts";
import { FIXED_SIZES, type FixedDecoder, isUuidText, showFixed } from "./numbers.ts";
import { FRAME_SIZE, messageIndexesOf, schemaIdOf } from "./schema-frame.ts";
import { notesOn, type ShownText, showUtf8, showWithEscapes, truncate } from "./text.ts";

export interface DecodeOptions {
  /** Characters that a payload shows. */
  readonly lengthMax: number;
  /** Whether payloads bring their bytes where the text is not them. */
  readonly withRaw: boolean;
}

export interface RecordDecodeOptions extends DecodeOptions {
  readonly topic: string;
  /** `auto` where left out. */
  readonly keyDecoder?: DecoderChoice;
  /** `auto` where left out. */
  readonly valueDecoder?: DecoderChoice;
}

/** A record in readable form. */
export function decodeRecord(record: StoredRecord, options: RecordDecodeOptions): DecodedRecord {
  const { key, value, headers, batch, timestamp } = record;
  const { topic, keyDecoder = "auto", valueDecoder = "auto" } = options;
  const special = batch.isControl
    ? { key: readMarker(key), value: null }
    : readInternal(topic, key, value);
  const decoder = batch.isControl ? "marker" : "internal";
  return {
    partition: record.partition,
    offset: record.offset,
    timestamp: timestamp < 0 ? null : timestamp,
    timestampType: record.timestampType,
    key: decodePart(key, { special: special.key, decoder, choice: keyDecoder, options }),
    value:
      value === null
        ? decodeNull("tombstone", "no value: it deletes its key where the topic is compacted")
        : decodePart(value, { special: special.value, decoder, choice: valueDecoder, options }),
    headers: headers.map(({ key: name, value: content }) => {
      return { name, value: decodeHeader(name, content, options) };
    }),
    headersBytes: record.headersSize,
    batch: { ...batch, producerId: batch.producerId < 0n ? null : String(batch.producerId) },
  };
}

/** A payload in readable form, by the decoder that was chosen or by what it looks like. */
export function decodePayload(
  payload: Uint8Array | null,
  choice: DecoderChoice,
  options: DecodeOptions,
): DecodedPayload {
  if (payload === null) return decodeNull("null", "null: there are no bytes, not even none");
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  if (bytes.length === 0) {
    return finish(
      bytes,
      { decoder: "empty", reason: "no bytes, which is not null" },
      NO_TEXT,
      options,
    );
  }
  if (choice === "auto") return showAs(bytes, detect(bytes), options);
  const fault = faultOf(bytes, choice);
  if (fault === null) return showAs(bytes, { decoder: choice, reason: "chosen" }, options);
  const reason = `${choice} was chosen, but ${fault}`;
  return showAs(bytes, { decoder: "hex", reason }, options);
}

interface Part {
  /** What the broker's own topics say here; null for nothing special. */
  readonly special: string | null;
  readonly decoder: "internal" | "marker";
  readonly choice: DecoderChoice;
  readonly options: DecodeOptions;
}

function decodePart(
  payload: Uint8Array | null,
  { special, decoder, choice, options }: Part,
): DecodedPayload {
  if (payload === null || special === null || choice !== "auto") {
    return decodePayload(payload, choice, options);
  }
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  const reason = decoder === "marker" ? "the end of a transaction" : "a record of the broker's own";
  return finish(bytes, { decoder, reason }, { ...truncate(special, options.lengthMax) }, options);
}

function decodeHeader(
  name: string,
  value: Uint8Array | null,
  options: DecodeOptions,
): DecodedPayload {
  const decoded = decodePayload(value, "auto", options);
  // Names are text to Kafka's clients, so that is all a record can say of one that is not.
  return name.includes("\ufffd")
    ? {
        ...decoded,
        notes: [...decoded.notes, "the header's name may hold bytes that are no UTF-8"],
      }
    : decoded;
}

function decodeNull(decoder: "null" | "tombstone", reason: string): DecodedPayload {
  return {
    decoder,
    reason,
    text: "",
    isTruncated: false,
    isExact: false,
    sizeBytes: null,
    schemaId: null,
    notes: [],
    raw: null,
  };
}

/** Why a chosen decoder cannot read the bytes; null where it can. */
function faultOf(bytes: Buffer, decoder: Exclude<DecoderChoice, "auto">): string | null {
  switch (decoder) {
    case "json":
      return bytes.length > CHECKED_BYTES_MAX || isJson(bytes, 0, bytes.length)
        ? null
        : "this is not valid JSON";
    case "int32":
    case "int64":
    case "float64":
      return sizeFaultOf(bytes, decoder);
    case "uuid":
      return isUuidText(bytes.toString("latin1")) ? null : sizeFaultOf(bytes, decoder);
    case "messagepack":
      return unpackFaultOf(bytes);
    case "schema":
      return schemaIdOf(bytes) === null ? "there is no zero byte and id in front" : null;
    default:
      return null;
  }
}

function sizeFaultOf(bytes: Buffer, decoder: FixedDecoder): string | null {
  const size = FIXED_SIZES[decoder];
  return bytes.length === size ? null : `its size in bytes is ${bytes.length}, not ${size}`;
}

function unpackFaultOf(bytes: Buffer): string | null {
  if (bytes.length > CHECKED_BYTES_MAX) return `it has more than ${CHECKED_BYTES_MAX} bytes`;
  try {
    unpack(bytes, 0);
    return null;
  } catch (error) {
    if (error instanceof DecodeError) return messageOf(error);
    throw error;
  }
}

interface Shown extends ShownText {
  readonly notes?: readonly string[];
  readonly schemaId?: number | null;
}

const NO_TEXT: Shown = { text: "", isTruncated: false };

/** Bytes by a decoder that is known to fit. */
function showAs(bytes: Buffer, choice: Choice, options: DecodeOptions): DecodedPayload {
  return finish(bytes, choice, show(bytes, choice.decoder, options.lengthMax), options);
}

function show(bytes: Buffer, decoder: Decoder, lengthMax: number): Shown {
  switch (decoder) {
    case "json":
    case "text":
      return showText(bytes, lengthMax);
    case "int32":
    case "int64":
    case "float64":
      return truncate(showFixed(decoder, bytes), lengthMax);
    case "uuid":
      return bytes.length === FIXED_SIZES.uuid
        ? truncate(showFixed(decoder, bytes), lengthMax)
        : showText(bytes, lengthMax);
    case "messagepack":
      return unpack(bytes, lengthMax);
    case "schema":
      return showFramed(bytes, lengthMax);
    case "base64":
      return showBase64(bytes, lengthMax);
    default:
      return showHex(bytes, lengthMax);
  }
}

function showText(bytes: Buffer, lengthMax: number): Shown {
  if (isUtf8(bytes)) return showUtf8(bytes, lengthMax);
  const { text, isTruncated, foreignCount } = showWithEscapes(bytes, lengthMax);
  const count = isTruncated ? `at least ${foreignCount}` : foreignCount;
  const isOne = count === 1;
  const note = `${count} ${isOne ? "byte is" : "bytes are"} no UTF-8 and written as \\xNN`;
  return { text, isTruncated, notes: [note] };
}

/** What stands behind a schema's id: JSON as it is, else hex, as no registry tells what it means. */
function showFramed(bytes: Buffer, lengthMax: number): Shown {
  const schemaId = schemaIdOf(bytes);
  const data = bytes.subarray(FRAME_SIZE);
  if (data.length <= CHECKED_BYTES_MAX && isJson(data, 0, data.length)) {
    return { ...showUtf8(data, lengthMax), schemaId, notes: [`JSON behind schema ${schemaId}`] };
  }
  const indexes = messageIndexesOf(bytes);
  const isProtobuf = indexes === null ? [] : [`as Protobuf: message index ${indexes.join(".")}`];
  const note = `data of schema ${schemaId} as hex: no schema registry is known`;
  return { ...showHex(data, lengthMax), schemaId, notes: [note, ...isProtobuf] };
}

function showHex(bytes: Buffer, lengthMax: number): ShownText {
  const end = Math.min(bytes.length, lengthMax >> 1);
  return { text: bytes.toString("hex", 0, end), isTruncated: end < bytes.length };
}

function showBase64(bytes: Buffer, lengthMax: number): ShownText {
  const end = Math.min(bytes.length, Math.floor(lengthMax / 4) * 3);
  return { text: bytes.toString("base64", 0, end), isTruncated: end < bytes.length };
}

function finish(
  bytes: Buffer,
  { decoder, reason }: Choice,
  shown: Shown,
  { withRaw }: DecodeOptions,
): DecodedPayload {
  const { text, isTruncated, notes = [], schemaId = null } = shown;
  const isExact = !isTruncated && isTextOf(text, bytes);
  return {
    decoder,
    reason,
    text,
    isTruncated,
    isExact,
    sizeBytes: bytes.length,
    schemaId,
    notes: [...notes, ...notesOn(text)],
    raw: withRaw && !isExact ? rawOf(bytes) : null,
  };
}

function isTextOf(text: string, bytes: Buffer): boolean {
  if (text.length > bytes.length || bytes.length > text.length * 3) return false;
  return Buffer.from(text).equals(bytes);
}

/** The bytes as JSON carries them: text where they are UTF-8, else base64. */
function rawOf(bytes: Buffer): { encoding: "utf8" | "base64"; data: string } {
  const encoding = isUtf8(bytes) ? "utf8" : "base64";
  return { encoding, data: bytes.toString(encoding) };
}
