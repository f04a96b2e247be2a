/** What an expression may be and may take. */

/** Nodes of its syntax tree; the parser also stops at `CEL_LENGTH_MAX` characters. */
export const CEL_NODES_MAX = 500;
/** How deep brackets, members and conditions may nest. */
export const CEL_DEPTH_MAX = 32;
/** Elements of a list, or entries of a map, that are written out. */
export const CEL_ELEMENTS_MAX = 200;
/** Elements looked at and calls made for one record; long texts count several times. */
export const STEPS_MAX = 100_000;
/** For one record, in case single steps are slow. */
export const EVALUATION_MS_MAX = 50;
/** After so many records that used up their budget the expression is no longer tried. */
export const EXHAUSTIONS_MAX = 20;
/** Characters of a text, or elements of a list, that an expression makes. */
export const MADE_LENGTH_MAX = 1_000_000;
/** Bytes of a key or value that are made into an object; what is larger cannot be looked into. */
export const OBJECT_BYTES_MAX = 1024 * 1024;
/** Arrays and objects inside each other that are made into objects. */
export const OBJECT_DEPTH_MAX = 100;
/** Characters of a regular expression. */
export const PATTERN_LENGTH_MAX = 1_000;
/**
 * Instructions that a regular expression becomes, as `patternSize` counts them: each may take a look at each
 * character of a text.
 */
export const PATTERN_SIZE_MAX = 2_000;
/** The same for all that stand in one filter: they are compiled before anything is looked at. */
export const PATTERNS_SIZE_MAX = 8_000;
/** Regular expressions that stand in one filter. */
export const PATTERNS_MAX = 64;
/** Instructions times characters that are one step. */
export const PATTERN_WORK_PER_STEP = 16;
/** Regular expressions made at run time that are kept. */
export const PATTERNS_KEPT_MAX = 16;
