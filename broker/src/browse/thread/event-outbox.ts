/** Makes records readable, collects them as events of a job, and says them together. */
import type { DecoderChoice } from "@runnel/contracts/decoded.ts";
import { decodeRecord } from "../decode/decode.ts";
import { EVENTS_BYTES_DUE } from "../limits.ts";
import type { StoredRecord } from "../record.ts";
import type { Job } from "./job.ts";

/** How events show what is in them. */
export interface EventForm {
  readonly topic: string;
  readonly keyDecoder: DecoderChoice;
  readonly valueDecoder: DecoderChoice;
  /** Characters of a key, a value or a header. */
  readonly lengthMax: number;
  /** Whether they bring their bytes where their text is not them. */
  readonly withRaw: boolean;
}

export class EventOutbox {
  readonly #job: Job;
  readonly #form: EventForm;
  #events: string[] = [];
  #bytes = 0;

  constructor(job: Job, form: EventForm) {
    this.#job = job;
    this.#form = form;
  }

  /** Takes an event; nothing of the record is kept. */
  add(record: StoredRecord): void {
    const event = JSON.stringify(decodeRecord(record, this.#form));
    this.#events.push(event);
    this.#bytes += event.length;
    if (this.#bytes >= EVENTS_BYTES_DUE) this.flush();
  }

  /** Says what was collected. */
  flush(): void {
    if (this.#events.length === 0) return;
    const events = this.#events;
    const bytes = this.#bytes;
    this.#events = [];
    this.#bytes = 0;
    this.#job.say({ kind: "events", events }, bytes);
  }
}
