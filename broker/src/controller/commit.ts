/**
 * How changes get into the store: one after the other, each planned on the image of its moment, packed
 * into as few transactions as fit, guarded by this controller's own election key; planned anew where
 * somebody else was faster. It returns only when the image shows the change.
 */
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { MetadataImage, MetadataView } from "#metadata/image.ts";
import { CONTROLLER_KEY } from "#metadata/keys.ts";
import {
  type Compare,
  type MetadataStore,
  type Operation,
  TRANSACTION_BYTES_MAX,
  TRANSACTION_OPS_MAX,
} from "#metadata/store.ts";
import { COMMIT_ATTEMPTS_MAX, MUTATIONS_QUEUED_MAX } from "./limits.ts";
import { failed, type Outcome } from "./outcome.ts";

/** What is to be done about one request, and what it is answered once that is done. */
export interface Planned<R> {
  readonly result: R;
  /** Must hold for `operations` to be done. */
  readonly compare: readonly Compare[];
  /** Empty where nothing changes: refused, or only asked for. */
  readonly operations: readonly Operation[];
}

export interface Mutation<Q, R> {
  readonly requests: readonly Q[];
  /** One plan per request, in their order; pure, as it may be made again. */
  plan(image: MetadataImage, requests: readonly Q[]): readonly Planned<R>[];
  /** The answer to a request that could not be stored. */
  refuse(request: Q, outcome: Outcome): R;
}

/** Whether this broker is the controller now, and since which revision. */
export interface ControllerSeat {
  /** Create revision of the election key; null while another broker, or none, has it. */
  readonly epoch: number | null;
}

/** Left for JSON's escapes, which are counted by characters here. */
const BYTES_MAX = TRANSACTION_BYTES_MAX / 2;

export class Committer {
  readonly #store: MetadataStore;
  readonly #view: MetadataView;
  readonly #seat: ControllerSeat;
  #last: Promise<unknown> = Promise.resolve();
  #queued = 0;

  constructor(store: MetadataStore, view: MetadataView, seat: ControllerSeat) {
    this.#store = store;
    this.#view = view;
    this.#seat = seat;
  }

  /** Answers in the order of the requests. Each of them is done wholly or not at all. */
  async run<Q, R>(mutation: Mutation<Q, R>): Promise<readonly R[]> {
    if (this.#queued >= MUTATIONS_QUEUED_MAX) {
      const busy = failed(ErrorCode.REQUEST_TIMED_OUT, "too many changes wait already: try again");
      return mutation.requests.map((request) => mutation.refuse(request, busy));
    }
    this.#queued += 1;
    const turn = this.#last.then(() => this.#runAlone(mutation));
    // The next one runs whatever became of this one.
    this.#last = turn.then(
      () => this.#leave(),
      () => this.#leave(),
    );
    return await turn;
  }

  #leave(): void {
    this.#queued -= 1;
  }

  async #runAlone<Q, R>(mutation: Mutation<Q, R>): Promise<readonly R[]> {
    const results: R[] = [];
    let left = mutation.requests;
    let outcome = failed(
      ErrorCode.NOT_CONTROLLER,
      "another change came first each time: try again",
    );
    for (let attempt = 0; attempt < COMMIT_ATTEMPTS_MAX; attempt += 1) {
      const plans = mutation.plan(this.#view.image, left);
      const done = await this.#commitAll(plans);
      results.push(...plans.slice(0, done.count).map((plan) => plan.result));
      left = left.slice(done.count);
      if (left.length === 0) return results;
      if (done.outcome !== null) {
        outcome = done.outcome;
        break;
      }
    }
    return [...results, ...left.map((request) => mutation.refuse(request, outcome))];
  }

  /** How many plans were done, from the first on; where not all, why it makes no sense to try again. */
  async #commitAll(
    plans: readonly Planned<unknown>[],
  ): Promise<{ readonly count: number; readonly outcome: Outcome | null }> {
    let count = 0;
    for (const batch of pack(plans)) {
      try {
        const isDone = await this.#commit(batch);
        if (isDone !== true) return { count, outcome: isDone };
      } catch (error) {
        if (!(error instanceof IoError)) throw error;
        return { count, outcome: failed(ErrorCode.KAFKA_STORAGE_ERROR, messageOf(error)) };
      }
      count += batch.length;
    }
    return { count, outcome: null };
  }

  /** True when it is done; null to plan anew; an outcome to give up. */
  async #commit(batch: readonly Planned<unknown>[]): Promise<true | null | Outcome> {
    const operations = batch.flatMap((plan) => plan.operations);
    if (operations.length === 0) return true;
    const { epoch } = this.#seat;
    if (epoch === null) {
      return failed(ErrorCode.NOT_CONTROLLER, "this broker is not the controller at the moment");
    }
    const guard: Compare = { kind: "createRevision", key: CONTROLLER_KEY, equals: epoch };
    const { isApplied, revision } = await this.#store.transact({
      compare: [guard, ...batch.flatMap((plan) => plan.compare)],
      success: operations,
    });
    await this.#view.waitFor(revision);
    return isApplied ? true : null;
  }
}

/** Plans in order, as many to a transaction as its limits allow; the guard takes one compare. */
function pack(plans: readonly Planned<unknown>[]): readonly (readonly Planned<unknown>[])[] {
  const batches: Planned<unknown>[][] = [];
  let current: Planned<unknown>[] = [];
  let [compares, operations, bytes] = [0, 0, 0];
  for (const plan of plans) {
    const size = plan.operations.reduce((sum, operation) => sum + sizeOf(operation), 0);
    const isFull =
      compares + plan.compare.length >= TRANSACTION_OPS_MAX ||
      operations + plan.operations.length > TRANSACTION_OPS_MAX ||
      bytes + size > BYTES_MAX;
    if (isFull && current.length > 0) {
      batches.push(current);
      current = [];
      [compares, operations, bytes] = [0, 0, 0];
    }
    current.push(plan);
    compares += plan.compare.length;
    operations += plan.operations.length;
    bytes += size;
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

function sizeOf(operation: Operation): number {
  if (operation.kind === "deletePrefix") return operation.prefix.length;
  return operation.key.length + (operation.kind === "put" ? operation.value.length : 0);
}
