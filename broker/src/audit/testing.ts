/** An audit log that keeps what it is told, for tests of whoever changes something. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Actor } from "./actor.ts";
import type { Audit } from "./audit-log.ts";
import { Changes, type ChangesOptions } from "./changes.ts";
import type { Entry } from "./entries.ts";

export class RecordingAudit implements Audit {
  entries: (Entry & { readonly actor: Actor })[] = [];

  record(actor: Actor, entries: readonly Entry[]): Promise<void> {
    this.entries.push(...entries.map((entry) => ({ ...entry, actor })));
    return Promise.resolve();
  }
}

/** The service of changes over `controller`, on a broker without partitions. */
export function changesOver(
  controller: ChangesOptions["controller"],
  audit: Audit = new RecordingAudit(),
): Changes {
  return new Changes({
    controller,
    replicas: {
      find: () => ({ kind: "absent", errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }),
    },
    deleteRecords: () => Promise.resolve({ errorCode: ErrorCode.NONE, lowWatermark: 0 }),
    writeMarker: () => Promise.resolve(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
    audit,
  });
}
