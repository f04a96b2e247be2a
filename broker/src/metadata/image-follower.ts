/**
 * Keeps a `MetadataImage` up to date: one range read, then a watch from the next revision on; again
 * from the start when the watch was compacted away. Listeners hear of every image in order.
 */
import { IoError } from "@runnel/kit/errors.ts";
import type { Logger, Scheduler } from "@runnel/kit/world.ts";
import { MetadataErrorCode } from "./errors.ts";
import { EMPTY_IMAGE, type ImageListener, type MetadataImage, type MetadataView } from "./image.ts";
import { advanceImage, type NextImage, rebuildImage } from "./image-builder.ts";
import type { MetadataStore, Watch } from "./store.ts";

/** How long to wait before the store is asked again after it could not be read. */
const RETRY_MS = 1_000;

interface Waiter {
  readonly revision: number;
  resolve(): void;
  reject(error: IoError): void;
}

export class ImageFollower implements MetadataView {
  readonly #store: MetadataStore;
  readonly #scheduler: Scheduler;
  readonly #logger: Logger;
  readonly #listeners = new Set<ImageListener>();
  #waiters: Waiter[] = [];
  #image: MetadataImage = EMPTY_IMAGE;
  #watch: Watch | null = null;
  #isClosed = false;

  private constructor(store: MetadataStore, scheduler: Scheduler, logger: Logger) {
    this.#store = store;
    this.#scheduler = scheduler;
    this.#logger = logger;
  }

  /** A follower that has read everything once. Rejects with `IoError` where the store cannot be read. */
  static async start(
    store: MetadataStore,
    world: { readonly scheduler: Scheduler; readonly logger: Logger },
  ): Promise<ImageFollower> {
    const follower = new ImageFollower(store, world.scheduler, world.logger);
    await follower.#synchronize();
    return follower;
  }

  get image(): MetadataImage {
    return this.#image;
  }

  subscribe(listener: ImageListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  waitFor(revision: number): Promise<void> {
    if (this.#image.revision >= revision) return Promise.resolve();
    if (this.#isClosed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      this.#waiters.push({ revision, resolve, reject });
    });
  }

  /** Stops following; whoever waits is turned away. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watch?.close();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(closed());
  }

  async #synchronize(): Promise<void> {
    const { revision, entries } = await this.#store.range("/");
    if (this.#isClosed) return;
    this.#adopt(rebuildImage(this.#image, revision, entries));
    this.#watch = this.#store.watch({
      prefix: "/",
      fromRevision: revision + 1,
      onEvents: (at, events) => {
        // Stores may tell a revision twice after a reconnect; what is known already changes nothing.
        if (at > this.#image.revision) this.#adopt(advanceImage(this.#image, at, events));
      },
      onEnd: (reason) => {
        if (reason === "closed") this.close();
        else this.#synchronizeAgain();
      },
    });
  }

  #synchronizeAgain(): void {
    this.#synchronize().catch((error: unknown) => {
      if (this.#isClosed) return;
      if (!(error instanceof IoError)) throw error;
      this.#logger.warn({ error }, "metadata cannot be read; trying again");
      this.#scheduler.after(RETRY_MS, () => {
        if (!this.#isClosed) this.#synchronizeAgain();
      });
    });
  }

  #adopt({ image, change }: NextImage): void {
    const previous = this.#image;
    this.#image = image;
    for (const listener of this.#listeners) listener(previous, image, change);
    const due = this.#waiters.filter((waiter) => waiter.revision <= image.revision);
    if (due.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > image.revision);
    for (const waiter of due) waiter.resolve();
  }
}

function closed(): IoError {
  return new IoError(MetadataErrorCode.UNAVAILABLE, "metadata: the broker is closing");
}
