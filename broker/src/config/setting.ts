/**
 * One row of the table of settings: what a value may be, what it means, when a change takes effect.
 * Validation, DescribeConfigs and `docs/config.md` all come from these rows.
 */

/** The types DescribeConfigs knows (KIP-569), as far as settings here use them. */
export type SettingType = "boolean" | "string" | "int" | "short" | "long" | "double" | "list";

export type Unit = "ms" | "minutes" | "hours" | "bytes";

/** A value as text in its one canonical form, and parsed; or the reason why it is none. */
export type Parsed<T> = { readonly text: string; readonly value: T } | { readonly problem: string };

/** A broker setting that stands in for a topic setting; its value times `factor` is the topic's. */
export interface Synonym {
  readonly name: string;
  readonly factor: number;
}

/** Values whose effect is built, where that is not every allowed one, and why the others are refused. */
export interface Served {
  readonly values: readonly string[];
  /** A clause that follows the name of the setting: "replication is not built yet". */
  readonly because: string;
}

export interface Setting<T = unknown> {
  readonly name: string;
  readonly type: SettingType;
  readonly unit: Unit | null;
  /** As DescribeConfigs shows it; null where there is no value until somebody sets one. */
  readonly default: string | null;
  /** Whether a change takes effect while the broker runs. Topic settings always are. */
  readonly isDynamic: boolean;
  /** What a value may be, as the end of a sentence: "must be …". */
  readonly allowed: string;
  /** Null where every allowed value has its effect. */
  readonly served: Served | null;
  /** Of a topic setting: the broker settings behind it, strongest first. */
  readonly synonyms: readonly Synonym[];
  readonly doc: string;
  parse(text: string): Parsed<T>;
}

/** The parsed values of a table of rows. */
export type ValuesOf<Table> = {
  readonly [K in keyof Table]: Table[K] extends Setting<infer T> ? T : never;
};

interface Common {
  readonly name: string;
  readonly doc: string;
  readonly unit?: Unit;
  readonly isDynamic?: boolean;
  readonly served?: Served;
  readonly synonyms?: readonly (readonly [name: string, factor: number])[];
}

interface NumberOptions<D> extends Common {
  readonly default: D;
  readonly min?: number | bigint;
  readonly max?: number | bigint;
  /** A number within the range that is not allowed. */
  readonly except?: number;
}

export const INT_MAX = 2_147_483_647;
export const LONG_MAX = 9_223_372_036_854_775_807n;
const SHORT_MAX = 32_767;

export function int<const D extends number | null>(
  options: NumberOptions<D>,
): Setting<number | Extract<D, null>> {
  return integer("int", options, -INT_MAX - 1, INT_MAX);
}

export function short<const D extends number | null>(
  options: NumberOptions<D>,
): Setting<number | Extract<D, null>> {
  return integer("short", options, -SHORT_MAX - 1, SHORT_MAX);
}

/** A 64-bit number; parsed it saturates at ±(2^53 − 1), so that "no limit" stays a plain number. */
export function long<const D extends number | bigint | null>(
  options: NumberOptions<D>,
): Setting<number | Extract<D, null>> {
  return integer("long", options, -LONG_MAX - 1n, LONG_MAX);
}

export function double(
  options: Common & { readonly default: number; readonly min: number; readonly max: number },
): Setting<number> {
  const { min, max } = options;
  return row(
    "double",
    options,
    String(options.default),
    `a number from ${min} to ${max}`,
    (text) =>
      /^-?\d+(\.\d+)?([eE][+-]?\d{1,3})?$/.test(text) && Number(text) >= min && Number(text) <= max
        ? { text, value: Number(text) }
        : null,
  );
}

export function bool(options: Common & { readonly default: boolean }): Setting<boolean> {
  return row("boolean", options, String(options.default), "true or false", (raw) => {
    const text = raw.toLowerCase();
    return text === "true" || text === "false" ? { text, value: text === "true" } : null;
  });
}

/** One of a few words. */
export function word<const V extends string>(
  options: Common & { readonly default: V; readonly values: readonly V[] },
): Setting<V> {
  const { values } = options;
  return row("string", options, options.default, `one of ${values.join(", ")}`, (text) => {
    const value = values.find((one) => one === text);
    return value === undefined ? null : { text, value };
  });
}

/** Free text of at most 1,000 characters; `allowed` and `parse` narrow it. */
export function string<const D extends string | null>(
  options: Common & { readonly default: D },
): Setting<string | Extract<D, null>> {
  return row("string", options, options.default, "text of 1 to 1000 characters", (text) =>
    text.length > 0 && text.length <= TEXT_LENGTH_MAX ? { text, value: text } : null,
  );
}

/** Items joined by commas, each of them once; `values` are the items there are. */
export function list(
  options: Common & {
    readonly default: string;
    readonly values?: readonly string[];
    readonly isEmptyAllowed?: boolean;
  },
): Setting<readonly string[]> {
  const { values, isEmptyAllowed = false } = options;
  const items = values === undefined ? "a list" : `a list of ${values.join(", ")}`;
  return row("list", options, options.default, `${items}, joined by commas`, (raw) => {
    const value = splitList(raw);
    if (value.length === 0 && !isEmptyAllowed) return null;
    if (new Set(value).size !== value.length) return null;
    if (values !== undefined && value.some((item) => !values.includes(item))) return null;
    return { text: value.join(","), value };
  });
}

/** A text or a list with a form of its own, such as addresses. */
export function parsed<T>(
  type: "string" | "list",
  options: Common & { readonly default: string | null; readonly allowed: string },
  parse: (text: string) => T | null,
): Setting<T> {
  return row(type, options, options.default, options.allowed, (text) => {
    const value = text.length <= TEXT_LENGTH_MAX ? parse(text) : null;
    return value === null ? null : { text, value };
  });
}

/** The items of a list; none in an empty text. */
export function splitList(text: string): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** Why `setting` cannot be set to `text`, in a sentence; null when it can. */
export function problemOf(
  setting: Setting,
  text: string,
  options: { readonly isInternal?: boolean } = {},
): string | null {
  const result = setting.parse(text);
  if ("problem" in result) return result.problem;
  const { served } = setting;
  if (served === null || options.isInternal === true || served.values.includes(result.text)) {
    return null;
  }
  const only = served.values.map((value) => (value === "" ? "an empty value" : value)).join(" or ");
  return `${setting.name}: ${quote(text)} has no effect yet, so it is refused: ${served.because}. Served now: ${only}`;
}

/** A value for a message: quoted, escaped and cut to 100 characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

const TEXT_LENGTH_MAX = 1_000;

function integer<D extends number | bigint | null>(
  type: "int" | "short" | "long",
  options: NumberOptions<D>,
  typeMin: number | bigint,
  typeMax: number | bigint,
): Setting<number | Extract<D, null>> {
  const min = BigInt(options.min ?? typeMin);
  const max = BigInt(options.max ?? typeMax);
  const initial = options.default === null ? null : String(options.default);
  const { except } = options;
  const allowed = `a whole number from ${min} to ${max}${except === undefined ? "" : `, not ${except}`}`;
  return row(type, options, initial, allowed, (raw) => {
    if (!/^[+-]?\d{1,19}$/.test(raw)) return null;
    const exact = BigInt(raw);
    if (exact < min || exact > max || Number(exact) === except) return null;
    return { text: String(exact), value: saturate(exact) };
  });
}

function saturate(exact: bigint): number {
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(exact > limit ? limit : exact < -limit ? -limit : exact);
}

function row<T>(
  type: SettingType,
  options: Common,
  initial: string | null,
  allowed: string,
  parse: (text: string) => { readonly text: string; readonly value: T } | null,
): Setting<T> {
  return {
    name: options.name,
    type,
    unit: options.unit ?? null,
    default: initial,
    isDynamic: options.isDynamic ?? false,
    allowed,
    served: options.served ?? null,
    synonyms: (options.synonyms ?? []).map(([name, factor]) => ({ name, factor })),
    doc: options.doc,
    parse: (text) =>
      parse(text.trim()) ?? {
        problem: `${options.name}: ${quote(text)} is not allowed: it must be ${allowed}`,
      },
  };
}
