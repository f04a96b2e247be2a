/**
 * How large a regular expression becomes when it is compiled, known beforehand.
 *
 * Repetition writes out what it repeats: a thousand characters may become a million instructions. This
 * walks over the pattern once and never says less than what it becomes; whether it is a pattern at all is
 * for the library to say.
 */

/** What a class of Unicode counts for: it is one instruction with hundreds of ranges. */
const UNICODE_CLASS_SIZE = 32;
/** Characters and ranges of a class that count as one instruction. */
const CLASS_ITEMS_PER_SIZE = 8;
/** Around the whole pattern. */
const FRAME_SIZE = 3;
/** Around a group that is captured, and for nothing in it. */
const CAPTURE_SIZE = 3;

/** What stands between two brackets. */
interface Level {
  /** Of all that is complete. */
  done: number;
  /** Of what a repetition that follows would repeat. */
  last: number;
}

/** About the number of its instructions, and never less; classes count for the ranges in them. */
export function patternSize(pattern: string): number {
  const walk = new PatternWalk(pattern);
  const levels: Level[] = [];
  let level: Level = { done: FRAME_SIZE, last: 0 };
  for (let sign = walk.next(); sign !== null; sign = walk.next()) {
    switch (sign.kind) {
      case "open":
        levels.push(level);
        level = { done: sign.size, last: 0 };
        break;
      case "close": {
        const size = Math.max(1, level.done + level.last);
        level = levels.pop() ?? { done: FRAME_SIZE, last: 0 };
        level.done += level.last;
        level.last = size;
        break;
      }
      case "atom":
        level.done += level.last;
        level.last = sign.size;
        break;
      default:
        // Each copy that may be left out takes a branch of its own.
        level.last = Math.max(1, sign.max) * level.last + Math.max(0, sign.max - sign.min) + 2;
    }
  }
  return levels.reduce((sum, { done, last }) => sum + done + last, level.done + level.last);
}

type Sign =
  | { readonly kind: "close" }
  | { readonly kind: "open" | "atom"; readonly size: number }
  | { readonly kind: "repeat"; readonly min: number; readonly max: number };

const REPEAT = /\{([0-9]{1,9})(,?)([0-9]{0,9})\}/y;
/** How a group begins that is more than a bracket: its name, or flags. */
const GROUP = /\(\?(?:P?<[^>]*>|[a-zA-Z-]*:?)/y;
const UNICODE_CLASS = /\\[pP](?:\{[^}]*\}|.)/suy;
const CODE_POINT = /\\x\{[^}]*\}/y;
const QUOTED = /\\Q(.*?)(?:\\E|$)/sy;

class PatternWalk {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  next(): Sign | null {
    const char = this.#pattern[this.#at];
    if (char === undefined) return null;
    switch (char) {
      case "(": {
        const group = this.#take(GROUP);
        if (group === null) this.#at += 1;
        const isCaptured = group === null || group[0].endsWith(">");
        return { kind: "open", size: isCaptured ? CAPTURE_SIZE : 0 };
      }
      case ")":
        this.#at += 1;
        return { kind: "close" };
      case "*":
      case "+":
      case "?":
        this.#at += 1;
        return { kind: "repeat", min: 0, max: 1 };
      case "{": {
        const repeat = this.#take(REPEAT);
        if (repeat === null) break;
        const [, least, comma, most] = repeat;
        const min = Number(least);
        const open = comma === "" ? min : min + 1;
        return { kind: "repeat", min, max: most === "" ? open : Number(most) };
      }
      case "[":
        return { kind: "atom", size: this.#class() };
      case "\\":
        return { kind: "atom", size: this.#escape() };
      default:
    }
    this.#at += 1;
    // A branch takes two instructions, one for each side.
    return { kind: "atom", size: char === "|" ? 2 : 1 };
  }

  #escape(): number {
    if (this.#take(UNICODE_CLASS) !== null) return UNICODE_CLASS_SIZE;
    if (this.#take(CODE_POINT) !== null) return 1;
    const quoted = this.#take(QUOTED);
    if (quoted !== null) return Math.max(1, quoted[1]?.length ?? 0);
    this.#at += 2;
    return 1;
  }

  /** A class, up to the bracket that closes it; one that stands first is a member. */
  #class(): number {
    const pattern = this.#pattern;
    this.#at += pattern[this.#at + 1] === "^" ? 2 : 1;
    let size = 1;
    for (let items = 0; this.#at < pattern.length; items += 1) {
      const char = pattern[this.#at];
      if (char === "]" && items > 0) break;
      if (char === "\\") {
        const escaped = this.#escape();
        size += escaped === UNICODE_CLASS_SIZE ? escaped : escaped / CLASS_ITEMS_PER_SIZE;
      } else {
        const isNamed = char === "[" && pattern[this.#at + 1] === ":";
        const end = isNamed ? pattern.indexOf(":]", this.#at + 2) : -1;
        this.#at = end < 0 ? this.#at + 1 : end + 2;
        size += 1 / CLASS_ITEMS_PER_SIZE;
      }
    }
    this.#at += 1;
    return Math.ceil(size);
  }

  #take(shape: RegExp): RegExpExecArray | null {
    shape.lastIndex = this.#at;
    const found = shape.exec(this.#pattern);
    if (found !== null) this.#at = shape.lastIndex;
    return found;
  }
}
