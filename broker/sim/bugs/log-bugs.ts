/** Bugs in the storage engine and in the way of a batch through the leader. */
import type { Bug } from "./bug.ts";

export const LOG_BUGS: readonly Bug[] = [
  {
    name: "fsync skipped",
    file: "log/group-commit.ts",
    text: "      await this.#sync(segment, file);\n    });\n    if",
    instead: "    });\n    if",
  },
  {
    name: "fsync error retried",
    file: "log/failures.ts",
    text: "    await file.sync();",
    instead: "    await file.sync().catch(() => file.sync());",
  },
  {
    name: "ack before durable",
    file: "replica/append.ts",
    text: "  if (endOffset <= partition.highWatermark) return result;",
    instead: "  if (endOffset <= partition.log.nextOffset) return result;",
  },
  {
    name: "high watermark ahead of the disk",
    file: "replica/partition.ts",
    text: "    this.#highWatermark = this.log.logEndOffset;",
    instead: "    this.#highWatermark = this.log.nextOffset;",
  },
  {
    name: "duplicates not detected",
    file: "log/producer-state.ts",
    text: 'if (batch !== undefined) return { kind: "duplicate", batch };',
    instead: "if (batch !== undefined) return NEXT;",
  },
  {
    name: "window of one batch",
    file: "log/producer-state.ts",
    text: "...window.slice(1 - WINDOW_BATCHES), ",
    instead: "",
  },
  {
    name: "duplicate answered with the next offset",
    file: "log/partition-log.ts",
    text: 'return { kind: "duplicate", baseOffset, endOffset: lastOffset + 1, timestamp };',
    instead:
      'return { kind: "duplicate", baseOffset: this.#nextOffset, endOffset: lastOffset + 1, timestamp };',
  },
  {
    name: "duplicate acknowledged before it is durable",
    file: "log/partition-log.ts",
    text: 'return { kind: "duplicate", baseOffset, endOffset: lastOffset + 1, timestamp };',
    instead: 'return { kind: "duplicate", baseOffset, endOffset: this.#logEndOffset, timestamp };',
  },
  {
    name: "zombies write on",
    file: "log/producer-state.ts",
    text: "    if (epoch < entry.epoch) {\n      return refused(ErrorCode.INVALID_PRODUCER_EPOCH, `epoch ${epoch}, ${entry.epoch} is known`);\n    }\n    const check",
    instead: "    const check",
  },
  {
    name: "producers forgotten at a restart",
    file: "log/log-loader.ts",
    text: "    if (header.baseOffset >= this.#producersUpTo) {",
    instead: "    if (header.baseOffset < 0) {",
  },
  {
    name: "recovery believes lengths, not checksums",
    file: "log/log-reader.ts",
    text: '      if (!checkCrc(bytes, at, header)) return { reason: "damage", position: position + at };\n',
    instead: "",
  },
  {
    name: "recovered tail not synced",
    file: "log/log-loader.ts",
    text: '      await this.#io.files.use(segment.path(".log"), syncFile);\n',
    instead: "",
  },
  {
    name: "name of a new segment not synced",
    file: "log/log-files.ts",
    text: '    await this.#io.files.create(segment.path(".log"));\n    await this.#io.disk.syncDirectory(this.#folder);\n',
    instead: '    await this.#io.files.create(segment.path(".log"));\n',
  },
  {
    name: "failed append stays in memory",
    file: "log/partition-log.ts",
    text: "    this.tail.clear();\n    this.#nextOffset = this.#logEndOffset;\n",
    instead: "",
  },
  {
    name: "reads from memory leave out a batch",
    file: "log/tail-cache.ts",
    text: "      size += entry.bytes.length;\n      reached",
    instead:
      "      if (parts.length > 0 && at % 7 === 3) continue;\n      size += entry.bytes.length;\n      reached",
  },
];
