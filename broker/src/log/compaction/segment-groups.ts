/** Which segments become one: neighbours whose bytes, index and offsets fit into a segment together. */

import { RELATIVE_OFFSET_MAX } from "../segment.ts";
import { OFFSET_ENTRY_SIZE } from "../sparse-index.ts";
import type { TaskSegment } from "./messages.ts";

export interface GroupLimits {
  readonly segmentBytes: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
}

/** `segments`, in order, in groups of one at least. */
export function groupSegments(
  segments: readonly TaskSegment[],
  limits: GroupLimits,
): readonly (readonly TaskSegment[])[] {
  const groups: TaskSegment[][] = [];
  let size = 0;
  for (const segment of segments) {
    const group = groups.at(-1);
    const first = group?.[0];
    const fits =
      first !== undefined &&
      size + segment.size <= limits.segmentBytes &&
      indexBytes(size + segment.size, limits) <= limits.segmentIndexBytes &&
      segment.endOffset - 1 - first.baseOffset <= RELATIVE_OFFSET_MAX;
    if (fits) group?.push(segment);
    else groups.push([segment]);
    size = fits ? size + segment.size : segment.size;
  }
  return groups;
}

/** The most that the offset index of so many bytes of batches takes. */
function indexBytes(size: number, { indexIntervalBytes }: GroupLimits): number {
  return Math.ceil(size / Math.max(1, indexIntervalBytes)) * OFFSET_ENTRY_SIZE;
}
