/**
 * The audit log: one record for each change of each resource, in the internal topic `__audit`.
 *
 * A change is answered once its record is durable, or cannot be: then the change stands, a metric and a
 * line in the broker's log say so, and the line has the record as JSON.
 */
import type { AuditRecord } from "@runnel/contracts/audit.ts";
import { messageOf } from "@runnel/kit/errors.ts";
import type { Clock, Logger, Scheduler } from "@runnel/kit/world.ts";
import { WholeJson } from "#metrics/log-text.ts";
import type { Counter, MetricRegistry } from "#metrics/metric.ts";
import type { InternalRecord, InternalTopic } from "#replica/internal-topic.ts";
import type { Actor } from "./actor.ts";
import { type Entry, recordOf } from "./entries.ts";

/** Its one partition, so that all records have one order. */
export const AUDIT_PARTITION = 0;
/** How long an answer waits for its record: the record may come about all the same. */
const WAIT_MS_MAX = 5_000;
/** Refusals, and characters of them, that are written in a minute: whoever asks in vain without end must not fill the disk. */
const REFUSALS_MAX = 1_000;
const REFUSALS_LENGTH_MAX = 1024 * 1024;
const REFUSALS_MS = 60_000;
/** Bytes after which a request's records go on in another batch. */
const BATCH_BYTES = 256 * 1024;
/** Records that wait for the disk when a request comes; with more its own are not written. */
const WAITING_MAX = 10_000;

export interface AuditLogOptions {
  readonly topic: Pick<InternalTopic, "append">;
  readonly brokerId: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly metrics: MetricRegistry;
}

/** Where changes are told. */
export interface Audit {
  /** Resolves when the entries are durable, or cannot be. Never rejects. */
  record(actor: Actor, entries: readonly Entry[]): Promise<void>;
}

/** Has `entries` in the log; the one way to it for the services of changes. */
export async function tell(audit: Audit, actor: Actor, entries: readonly Entry[]): Promise<void> {
  if (actor.told !== undefined) actor.told.count += entries.length;
  await audit.record(actor, entries);
}

/** Tells nobody: where the log is switched off. */
export const NO_AUDIT: Audit = { record: () => Promise.resolve() };

const utf8 = new TextEncoder();

export class AuditLog implements Audit {
  readonly #options: AuditLogOptions;
  readonly #written: Counter;
  readonly #failed: Counter;
  readonly #suppressed: Counter;
  #waitingCount = 0;
  #refusals = { since: Number.NEGATIVE_INFINITY, count: 0, length: 0 };

  constructor(options: AuditLogOptions) {
    this.#options = options;
    const { metrics } = options;
    this.#written = metrics.counter(
      "runnel_audit_records_total",
      "Administrative changes that are in the audit log",
    );
    this.#failed = metrics.counter(
      "runnel_audit_failures_total",
      "Administrative changes that could not be written to the audit log",
    );
    this.#suppressed = metrics.counter(
      "runnel_audit_suppressed_total",
      `Refused changes beyond ${REFUSALS_MAX} or 1 MiB in a minute, which are not in the audit log`,
    );
  }

  async record(actor: Actor, entries: readonly Entry[]): Promise<void> {
    const { clock, brokerId, scheduler } = this.#options;
    const at = clock.nowMs();
    const records = entries.flatMap((entry) => {
      if (entry.result.outcome !== "refused") return recordOf(entry, actor, { at, brokerId });
      if (!this.#takesRefusal()) return [];
      const record = recordOf(entry, actor, { at, brokerId });
      this.#refusals.length += JSON.stringify(record).length;
      return record;
    });
    if (records.length === 0) return;
    // However many a request has: what it changed is told, or a long one could hide a change in it.
    if (this.#waitingCount > WAITING_MAX) {
      this.#fail(records, "too many records wait already");
      return;
    }
    const late = Promise.withResolvers<void>();
    const timer = scheduler.after(WAIT_MS_MAX, late.resolve);
    await Promise.race([this.#append(records, at), late.promise]);
    timer.cancel();
  }

  /** Whether there is room for one more refusal; what changed something is always told. */
  #takesRefusal(): boolean {
    const now = this.#options.clock.monotonicMs();
    if (now - this.#refusals.since >= REFUSALS_MS) {
      this.#refusals = { since: now, count: 0, length: 0 };
    }
    this.#refusals.count += 1;
    const { count, length } = this.#refusals;
    if (count <= REFUSALS_MAX && length < REFUSALS_LENGTH_MAX) return true;
    this.#suppressed.add();
    return false;
  }

  /** Appends the records a piece at a time: of a long request not all of them are encoded at once. */
  async #append(records: readonly AuditRecord[], at: number): Promise<void> {
    this.#waitingCount += records.length;
    const { topic } = this.#options;
    for (const { batch, from, to } of batchesOf(records)) {
      try {
        await topic.append(AUDIT_PARTITION, batch, at);
        this.#written.add(batch.length);
      } catch (error) {
        this.#fail(records.slice(from, to), messageOf(error));
      } finally {
        this.#waitingCount -= batch.length;
      }
    }
  }

  #fail(records: readonly AuditRecord[], reason: string): void {
    this.#failed.add(records.length);
    for (const record of records) {
      this.#options.logger.error(
        { record: new WholeJson(record), reason },
        "a change could not be written to the audit log",
      );
    }
  }
}

/** The records in pieces that are sent as one batch each: those in places `from` to `to`, not in it. */
function* batchesOf(records: readonly AuditRecord[]): Generator<{
  readonly batch: readonly InternalRecord[];
  readonly from: number;
  readonly to: number;
}> {
  for (let from = 0; from < records.length; ) {
    const batch: InternalRecord[] = [];
    let to = from;
    for (let bytes = 0; to < records.length && bytes <= BATCH_BYTES; to += 1) {
      const record = records[to] as AuditRecord;
      const key = utf8.encode(resourceText(record.resource));
      const value = utf8.encode(JSON.stringify(record));
      batch.push({ key, value });
      bytes += key.length + value.length;
    }
    yield { batch, from, to };
    from = to;
  }
}

/** The key of a resource's records. */
export function resourceText({ kind, name }: AuditRecord["resource"]): string {
  return `${kind}:${name}`;
}
