/**
 * The metadata store of a simulated machine: what it holds survives the process, its leases do not, as
 * with the embedded store. Calls take time and fail as the weather says; of a call that fails, nobody
 * knows whether it changed something.
 */
import { IoError } from "@runnel/kit/errors.ts";
import { MetadataErrorCode } from "#metadata/errors.ts";
import { LocalStore } from "#metadata/local-store.ts";
import type { KeyValue, MetadataEvent, MetadataStore, WatchOptions } from "#metadata/store.ts";
import type { Chance } from "./chance.ts";
import type { Life } from "./life.ts";
import type { SimTime } from "./time.ts";
import type { StoreWeather } from "./weather.ts";

interface Around {
  readonly time: SimTime;
  readonly chance: Chance;
  readonly weather: StoreWeather;
}

export class SurvivingStore {
  readonly #around: Around;
  readonly #entries = new Map<string, KeyValue>();
  #revision = 0;

  constructor(around: Around) {
    this.#around = around;
  }

  /** Opens it for a process, which must be the only one. */
  open(life: Life): MetadataStore {
    const { time } = this.#around;
    const store = new LocalStore({
      clock: time,
      scheduler: life.scheduler(time),
      entries: [...this.#entries.values()],
      revision: this.#revision,
      persist: (revision, events) => this.#persist(life, revision, events),
    });
    return new SlowStore(store, life, this.#around);
  }

  #persist(life: Life, revision: number, events: readonly MetadataEvent[]): void {
    if (life.isOver) throw unavailable();
    this.#revision = revision;
    for (const event of events) {
      if (event.kind === "put") this.#entries.set(event.entry.key, event.entry);
      else this.#entries.delete(event.key);
    }
  }
}

class SlowStore implements MetadataStore {
  readonly #store: MetadataStore;
  readonly #life: Life;
  readonly #around: Around;

  constructor(store: MetadataStore, life: Life, around: Around) {
    this.#store = store;
    this.#life = life;
    this.#around = around;
  }

  get(...[key]: Parameters<MetadataStore["get"]>): ReturnType<MetadataStore["get"]> {
    return this.#call(() => this.#store.get(key));
  }

  range(...[prefix]: Parameters<MetadataStore["range"]>): ReturnType<MetadataStore["range"]> {
    return this.#call(() => this.#store.range(prefix));
  }

  transact(
    ...[transaction]: Parameters<MetadataStore["transact"]>
  ): ReturnType<MetadataStore["transact"]> {
    return this.#call(() => this.#store.transact(transaction));
  }

  grantLease(ttlMs: number): Promise<number> {
    return this.#call(() => this.#store.grantLease(ttlMs));
  }

  keepLeaseAlive(leaseId: number): Promise<boolean> {
    return this.#call(() => this.#store.keepLeaseAlive(leaseId));
  }

  revokeLease(leaseId: number): Promise<void> {
    return this.#call(() => this.#store.revokeLease(leaseId));
  }

  /** Events arrive later, in order. */
  watch(options: WatchOptions): ReturnType<MetadataStore["watch"]> {
    let lastArrival = 0;
    let isClosed = false;
    const later = (work: () => void): void => {
      const { time, chance, weather } = this.#around;
      const now = time.monotonicMs();
      lastArrival = Math.max(lastArrival, now + chance.span(0.01, weather.delayMsMax));
      time.after(lastArrival - now, () => {
        if (!this.#life.isOver && !isClosed) work();
      });
    };
    const watch = this.#store.watch({
      ...options,
      onEvents: (revision, events) => later(() => options.onEvents(revision, events)),
      onEnd: (reason) => later(() => options.onEnd(reason)),
    });
    return {
      close() {
        isClosed = true;
        watch.close();
      },
    };
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** Has its effect at once; the answer takes a while, or is an error. */
  #call<T>(work: () => Promise<T>): Promise<T> {
    const { time, chance, weather } = this.#around;
    const fails = chance.happens(weather.failureShare);
    const done = fails && chance.happens(0.5) ? Promise.reject(unavailable()) : work();
    done.catch(() => {});
    return new Promise((resolve, reject) => {
      time.after(chance.span(0.01, weather.delayMsMax), () => {
        if (this.#life.isOver) return;
        if (fails) reject(unavailable());
        else resolve(done);
      });
    });
  }
}

function unavailable(): IoError {
  return new IoError(MetadataErrorCode.UNAVAILABLE, "metadata store: it does not answer");
}
