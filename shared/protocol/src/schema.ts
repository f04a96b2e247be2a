/**
 * The language in which messages are written down: fields as data, with Kafka's own version ranges.
 *
 * A schema is an object whose keys are the fields in wire order. From it come the codec (`codec.ts`),
 * the TypeScript types (`Decoded`, `Input`) and the dump that is checked against Kafka's definitions.
 */

/** `"3+"`, `"0-7"`, `"4"` or `"none"`. */
export type Versions = string;

export interface FieldOptions {
  /** Versions that have the field; all of its struct's when left out. */
  readonly versions?: Versions;
  /** Versions in which it may be null on the wire. */
  readonly nullable?: Versions;
  /** Its value in versions that lack it, and when it is left out; the type's zero when not given. */
  readonly default?: string | number | bigint | boolean | null;
  /** The tag under which it travels in `tagged` versions (all of `versions` when not given). */
  readonly tag?: number;
  readonly tagged?: Versions;
  /** `"none"` for the one field that is not compact in flexible versions: RequestHeader.clientId. */
  readonly flexible?: "none";
  /** Kafka's name, where ours differs. */
  readonly kafkaName?: string;
}

export type ScalarKind =
  | "bool"
  | "int8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "bigint64"
  | "float64"
  | "uuid"
  | "string"
  | "bytes"
  | "records";

/** What a field is; `D` its type once decoded, `I` what an encoder takes, `Opt` may it be left out. */
export interface Field<D = unknown, I = D, Opt extends boolean = boolean> {
  readonly kind: ScalarKind | "array" | "struct";
  readonly options: FieldOptions;
  /** Of a struct, its fields. */
  readonly fields?: Schema;
  /** Of an array, what each element is. */
  readonly element?: Field;
  /** Carry types only; never set. */
  readonly $decoded?: D;
  readonly $input?: I;
  readonly $optional?: Opt;
}

export type Schema = Readonly<Record<string, Field>>;

type Null<O extends FieldOptions> = O extends { nullable: string } ? null : never;
type MayBeLeftOut<O extends FieldOptions> = O extends
  | { default: unknown }
  | { tag: number }
  | { versions: string }
  ? true
  : false;
type Scalar<T, O extends FieldOptions> = Field<T | Null<O>, T | Null<O>, MayBeLeftOut<O>>;

type DecodedField<F> = F extends Field<infer D, infer _I, infer _O> ? D : never;
type InputField<F> = F extends Field<infer _D, infer I, infer _O> ? I : never;
type OptionalKeys<S extends Schema> = {
  [K in keyof S]: S[K] extends Field<infer _D, infer _I, infer O>
    ? true extends O
      ? K
      : never
    : never;
}[keyof S];

/** A message as the decoder gives it: every field of every version, absent ones as their default. */
export type Decoded<S extends Schema> = { readonly [K in keyof S]: DecodedField<S[K]> };

/** A message as the encoder takes it: fields with a default, a tag or a version range may be left out. */
export type Input<S extends Schema> = {
  readonly [K in Exclude<keyof S, OptionalKeys<S>>]: InputField<S[K]>;
} & { readonly [K in OptionalKeys<S>]?: InputField<S[K]> | undefined };

function scalar(kind: ScalarKind, options: FieldOptions | undefined): Field {
  return { kind, options: options ?? {} };
}

export function bool<const O extends FieldOptions = object>(options?: O): Scalar<boolean, O> {
  return scalar("bool", options) as Scalar<boolean, O>;
}

export function int8<const O extends FieldOptions = object>(options?: O): Scalar<number, O> {
  return scalar("int8", options) as Scalar<number, O>;
}

export function int16<const O extends FieldOptions = object>(options?: O): Scalar<number, O> {
  return scalar("int16", options) as Scalar<number, O>;
}

export function uint16<const O extends FieldOptions = object>(options?: O): Scalar<number, O> {
  return scalar("uint16", options) as Scalar<number, O>;
}

export function int32<const O extends FieldOptions = object>(options?: O): Scalar<number, O> {
  return scalar("int32", options) as Scalar<number, O>;
}

export function uint32<const O extends FieldOptions = object>(options?: O): Scalar<number, O> {
  return scalar("uint32", options) as Scalar<number, O>;
}

/** An int64 as a number, saturating at ±2^53 when read: offsets, timestamps, sizes. */
export function int64<const O extends FieldOptions = object>(options?: O): Scalar<number, O> {
  return scalar("int64", options) as Scalar<number, O>;
}

/** An int64 all of whose bits count: producer ids. */
export function bigint64<const O extends FieldOptions = object>(options?: O): Scalar<bigint, O> {
  return scalar("bigint64", options) as Scalar<bigint, O>;
}

export function float64<const O extends FieldOptions = object>(options?: O): Scalar<number, O> {
  return scalar("float64", options) as Scalar<number, O>;
}

/** 16 bytes, as lower-case hex text with dashes. */
export function uuid<const O extends FieldOptions = object>(options?: O): Scalar<string, O> {
  return scalar("uuid", options) as Scalar<string, O>;
}

export function string<const O extends FieldOptions = object>(options?: O): Scalar<string, O> {
  return scalar("string", options) as Scalar<string, O>;
}

/** Decoded as a view of the message's bytes, not a copy. */
export function bytes<const O extends FieldOptions = object>(options?: O): Scalar<Uint8Array, O> {
  return scalar("bytes", options) as Scalar<Uint8Array, O>;
}

/** Record batches: decoded as a view; encoded by reference from one piece or several. */
export function records<const O extends FieldOptions = object>(
  options?: O,
): Field<Uint8Array | Null<O>, Uint8Array | readonly Uint8Array[] | Null<O>, MayBeLeftOut<O>> {
  return scalar("records", options) as Field<
    Uint8Array | Null<O>,
    Uint8Array | readonly Uint8Array[] | Null<O>,
    MayBeLeftOut<O>
  >;
}

export function struct<const S extends Schema, const O extends FieldOptions = object>(
  fields: S,
  options?: O,
): Field<Decoded<S> | Null<O>, Input<S> | Null<O>, MayBeLeftOut<O>> {
  return { kind: "struct", options: options ?? {}, fields };
}

/** An array of a scalar (`array(int32())`) or, given a schema, of structs. */
export function array<const E extends Field | Schema, const O extends FieldOptions = object>(
  element: E,
  options?: O,
): Field<
  readonly ElementDecoded<E>[] | Null<O>,
  readonly ElementInput<E>[] | Null<O>,
  MayBeLeftOut<O>
> {
  return {
    kind: "array",
    options: options ?? {},
    element: isField(element) ? element : struct(element as Schema),
  } as Field<never, never, never>;
}

type ElementDecoded<E> =
  E extends Field<infer D, infer _I, infer _O> ? D : E extends Schema ? Decoded<E> : never;
type ElementInput<E> =
  E extends Field<infer _D, infer I, infer _O> ? I : E extends Schema ? Input<E> : never;

function isField(value: Field | Schema): value is Field {
  return typeof (value as { kind?: unknown }).kind === "string" && "options" in value;
}

/** The closed range of a version text; `none` is an empty one. */
export function parseVersions(text: Versions): readonly [min: number, max: number] {
  if (text === "none") return [0, -1];
  const match = /^(\d+)(\+|-(\d+))?$/.exec(text);
  if (match === null) throw new TypeError(`bad version range: ${text}`);
  const min = Number(match[1]);
  if (match[2] === undefined) return [min, min];
  return [min, match[3] === undefined ? 0x7fff : Number(match[3])];
}

/** Whether `version` lies in the range `text`; `fallback` answers when there is none. */
export function hasVersion(
  text: Versions | undefined,
  version: number,
  fallback: boolean,
): boolean {
  if (text === undefined) return fallback;
  const [min, max] = parseVersions(text);
  return version >= min && version <= max;
}
