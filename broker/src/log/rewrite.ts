/** The way out of a failed sync: what the system may have dropped is given to it once more. */
import { IoError } from "@runnel/kit/errors.ts";
import { LOG_CORRUPT, type ReaderIo, SCAN_BYTES } from "./log-reader.ts";
import type { Segment } from "./segment.ts";

/**
 * Writes what the file of `segment` holds from `position` on over itself. A system that lost track of what
 * it had not written has it to write again, and the sync that follows means what it says.
 */
export async function rewrite(io: ReaderIo, segment: Segment, position: number): Promise<void> {
  const end = segment.writtenSize;
  await io.files.use(segment.path(".log"), async (file) => {
    for (let at = position; at < end; ) {
      const bytes = io.disk.allocate(Math.min(SCAN_BYTES, end - at));
      const count = await file.read(bytes, at);
      if (count < bytes.length) {
        throw new IoError(
          LOG_CORRUPT,
          `${segment.path(".log")}: ends at ${at + count}, not ${end}`,
        );
      }
      await file.write([bytes], at);
      at += bytes.length;
    }
  });
}
