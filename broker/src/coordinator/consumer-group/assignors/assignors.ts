/** The assignors there are, by the names that clients and settings give them. */
import type { Assignor } from "./assignor.ts";
import { assignRange } from "./range.ts";
import { assignUniform } from "./uniform.ts";

export const ASSIGNORS: ReadonlyMap<string, Assignor> = new Map([
  ["uniform", assignUniform],
  ["range", assignRange],
]);
