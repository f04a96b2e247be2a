/** A member of a group of the consumer protocol, as far as heartbeats go. */
import { randomUUID } from "node:crypto";
import type { RequestInputOf, ResponseDecodedOf } from "@runnel/protocol/api.ts";
import { ApiVersionsApi } from "@runnel/protocol/messages/18-api-versions.ts";
import { ConsumerGroupHeartbeatApi } from "@runnel/protocol/messages/68-consumer-group-heartbeat.ts";
import type { Wire } from "./wire.ts";

const VERSION = 1;
const REBALANCE_TIMEOUT_MS = 60_000;
/** What a coordinator says that is made, or loads. */
const NOT_YET = new Set([14, 15, 16]);
const ATTEMPTS_MAX = 1_000;

type Heartbeat = RequestInputOf<typeof ConsumerGroupHeartbeatApi>;
type Answer = ResponseDecodedOf<typeof ConsumerGroupHeartbeatApi>;
type Assignment = NonNullable<Answer["assignment"]>["topicPartitions"];

export class GroupMember implements Disposable {
  epoch = 0;
  heartbeatIntervalMs = 0;
  readonly #wire: Wire;
  readonly #groupId: string;
  readonly #topic: string;
  readonly #memberId = randomUUID();
  #owned: Assignment = [];

  constructor(
    wire: Wire,
    { groupId, topic }: { readonly groupId: string; readonly topic: string },
  ) {
    this.#wire = wire;
    this.#groupId = groupId;
    this.#topic = topic;
  }

  async join(): Promise<void> {
    await this.#send({
      rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
      subscribedTopicNames: [this.#topic],
      topicPartitions: [],
    });
  }

  /** Says what it owns, and takes or gives up at once what it is told; whether that was anything. */
  async report(): Promise<boolean> {
    const epoch = this.epoch;
    const answer = await this.#send({ topicPartitions: this.#owned });
    return answer.assignment !== null || answer.memberEpoch !== epoch;
  }

  /** Only says that it is there. Rejects where there is news. */
  async beat(): Promise<void> {
    const { assignment } = await this.#send({});
    if (assignment !== null) throw new Error("the group has not settled");
  }

  /** Any small request on its connection. */
  async ping(): Promise<void> {
    await this.#wire.call(ApiVersionsApi, 0, {});
  }

  [Symbol.dispose](): void {
    this.#wire[Symbol.dispose]();
  }

  async #send(said: Partial<Heartbeat>): Promise<Answer> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const answer = await this.#wire.call(ConsumerGroupHeartbeatApi, VERSION, {
        groupId: this.#groupId,
        memberId: this.#memberId,
        memberEpoch: this.epoch,
        ...said,
      });
      if (NOT_YET.has(answer.errorCode)) continue;
      if (answer.errorCode !== 0) {
        throw new Error(`a heartbeat failed: error ${answer.errorCode}: ${answer.errorMessage}`);
      }
      this.epoch = answer.memberEpoch;
      this.heartbeatIntervalMs = answer.heartbeatIntervalMs;
      if (answer.assignment !== null) this.#owned = answer.assignment.topicPartitions;
      return answer;
    }
    throw new Error("a heartbeat failed: the coordinator is not ready");
  }
}
