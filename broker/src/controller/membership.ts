/**
 * A broker's place in the cluster: its registration, kept alive by a lease, and the seat of the
 * controller, taken when it is free. With one broker both are always its own, by the same rules.
 */
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import type { Logger, Scheduler, Timer } from "@runnel/kit/world.ts";
import { MetadataErrorCode } from "#metadata/errors.ts";
import type { MetadataView } from "#metadata/image.ts";
import {
  type BrokerRecord,
  brokerKey,
  CLUSTER_KEY,
  CONTROLLER_KEY,
  FEATURES_KEY,
  type FeaturesRecord,
} from "#metadata/keys.ts";
import type { MetadataStore } from "#metadata/store.ts";
import type { ControllerSeat } from "./commit.ts";

export interface MembershipOptions {
  readonly store: MetadataStore;
  readonly view: MetadataView;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly clusterId: string;
  readonly nodeId: number;
  readonly broker: BrokerRecord;
  readonly leaseTtlMs?: number;
}

const LEASE_TTL_MS = 9_000;
/** Part of the lease's life after which it is renewed: two renewals may fail. */
const RENEWALS_PER_TTL = 3;

/**
 * Feature levels of a new cluster. `metadata.version` tells tools which Kafka this compares to (30 is
 * 4.3); features at level 0 are left out, and there are no others yet.
 */
const FEATURES: FeaturesRecord = { epoch: 0, levels: [["metadata.version", 30]] };

export class Membership implements ControllerSeat {
  readonly #options: MembershipOptions;
  #leaseId = 0;
  #brokerEpoch = 0;
  #controllerEpoch: number | null = null;
  #timer: Timer | null = null;
  #isClaiming = false;
  #isLeft = false;
  #unsubscribe: () => void = () => {};

  private constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /**
   * Registers the broker; the image shows it when this resolves. Rejects with `IoError` where the store
   * belongs to another cluster or a live broker has the same id.
   */
  static async join(options: MembershipOptions): Promise<Membership> {
    const membership = new Membership(options);
    await membership.#found();
    await membership.#register();
    membership.#unsubscribe = options.view.subscribe((_previous, next) => {
      if (next.controllerId === -1) void membership.#claimSoon();
    });
    return membership;
  }

  get epoch(): number | null {
    return this.#controllerEpoch;
  }

  /** Grows with every registration of this broker id. */
  get brokerEpoch(): number {
    return this.#brokerEpoch;
  }

  /** Gives up registration and seat at once, rather than when the lease ends. */
  async leave(): Promise<void> {
    if (this.#isLeft) return;
    this.#isLeft = true;
    this.#unsubscribe();
    this.#timer?.cancel();
    this.#controllerEpoch = null;
    await this.#options.store.revokeLease(this.#leaseId);
  }

  /** Makes the store that of our cluster, or finds that it is. */
  async #found(): Promise<void> {
    const { store, view, clusterId } = this.#options;
    const { reads } = await store.transact({
      compare: [{ kind: "createRevision", key: CLUSTER_KEY, equals: 0 }],
      success: [
        { kind: "put", key: CLUSTER_KEY, value: JSON.stringify({ clusterId }) },
        { kind: "put", key: FEATURES_KEY, value: JSON.stringify(FEATURES) },
      ],
      failure: [{ kind: "get", key: CLUSTER_KEY }],
    });
    const { revision } = await store.range(CLUSTER_KEY);
    await view.waitFor(revision);
    if (reads.length > 0 && view.image.clusterId !== clusterId) {
      throw new IoError(
        MetadataErrorCode.FORMAT,
        `the metadata is of cluster ${view.image.clusterId}, the data folder of ${clusterId}`,
      );
    }
  }

  async #register(): Promise<void> {
    const { store, view, nodeId, broker } = this.#options;
    const ttlMs = this.#options.leaseTtlMs ?? LEASE_TTL_MS;
    const leaseId = await store.grantLease(ttlMs);
    const key = brokerKey(nodeId);
    const { isApplied, revision } = await store.transact({
      compare: [{ kind: "createRevision", key, equals: 0 }],
      success: [{ kind: "put", key, value: JSON.stringify(broker), leaseId }],
    });
    if (!isApplied) {
      await store.revokeLease(leaseId);
      throw new IoError(
        MetadataErrorCode.LOCKED,
        `a broker with node.id ${nodeId} is in the cluster already`,
      );
    }
    this.#leaseId = leaseId;
    this.#brokerEpoch = revision;
    this.#renewLater();
    await view.waitFor(revision);
    if (view.image.controllerId === -1) await this.#claim();
  }

  /** Takes the seat of the controller if it is free. */
  async #claim(): Promise<void> {
    const { store, view, nodeId } = this.#options;
    const leaseId = this.#leaseId;
    const value = JSON.stringify({ brokerId: nodeId });
    const { isApplied, revision } = await store.transact({
      compare: [
        { kind: "createRevision", key: CONTROLLER_KEY, equals: 0 },
        { kind: "createRevision", key: brokerKey(nodeId), equals: this.#brokerEpoch },
      ],
      success: [{ kind: "put", key: CONTROLLER_KEY, value, leaseId }],
    });
    if (isApplied) this.#controllerEpoch = revision;
    await view.waitFor(revision);
  }

  async #claimSoon(): Promise<void> {
    if (this.#isClaiming || this.#isLeft) return;
    this.#isClaiming = true;
    this.#controllerEpoch = null;
    try {
      await this.#claim();
    } catch (error) {
      // The lease has gone, too: registering anew claims the seat as well.
      this.#explain(error, "the seat of the controller could not be taken");
    } finally {
      this.#isClaiming = false;
    }
  }

  #renewLater(): void {
    const ttlMs = this.#options.leaseTtlMs ?? LEASE_TTL_MS;
    this.#timer = this.#options.scheduler.after(ttlMs / RENEWALS_PER_TTL, () => {
      void this.#renew();
    });
  }

  async #renew(): Promise<void> {
    try {
      if (await this.#options.store.keepLeaseAlive(this.#leaseId)) this.#renewLater();
      else {
        this.#controllerEpoch = null;
        this.#options.logger.warn({}, "the broker's registration ended; registering anew");
        await this.#register();
      }
    } catch (error) {
      this.#explain(error, "the broker's registration could not be renewed");
      if (!this.#isLeft) this.#renewLater();
    }
  }

  #explain(error: unknown, message: string): void {
    if (!(error instanceof IoError)) throw error;
    if (!this.#isLeft) this.#options.logger.warn({ error: messageOf(error) }, message);
  }
}
