/** A broker that clients reach through the proxy alone, and what is asked of it beside them. */
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { OffsetFetchApi } from "@runnel/protocol/messages/09-offset-fetch.ts";
import { InitProducerIdApi } from "@runnel/protocol/messages/22-init-producer-id.ts";
import { DescribeTransactionsApi } from "@runnel/protocol/messages/65-describe-transactions.ts";
import { type Server, startRunnel } from "../../harness/server.ts";
import { waitFor } from "../../harness/wait.ts";
import { CommittedLog, endOf } from "../eos/committed-log.ts";
import { Wire } from "../wire.ts";
import { createTopic } from "../workload.ts";
import { FrameProxy } from "./frame-proxy.ts";
import type { Found } from "./story.ts";

const PARTITIONS = [0, 1] as const;
const OFFSET_FETCH_VERSION = 7;
const INIT_VERSION = 4;

export class LateStage implements AsyncDisposable {
  readonly proxy: FrameProxy;
  readonly #server: Server;
  readonly #port: number;
  readonly #wire: Wire;
  #plays = 0;

  static async start(): Promise<LateStage> {
    const proxy = await FrameProxy.start();
    const env = { RUNNEL_ADVERTISED_LISTENERS: `PLAINTEXT://${proxy.address}` };
    const server = await startRunnel({ env });
    const port = Number(server.kafka.split(":")[1]);
    proxy.leadTo(port);
    return new LateStage(proxy, server, { port, wire: await Wire.connect(port) });
  }

  private constructor(
    proxy: FrameProxy,
    server: Server,
    { port, wire }: { readonly port: number; readonly wire: Wire },
  ) {
    this.proxy = proxy;
    this.#server = server;
    this.#port = port;
    this.#wire = wire;
  }

  /** A name for a topic of two partitions, for a group and a transactional id, none of them used before. */
  async newName(): Promise<string> {
    this.#plays += 1;
    const name = `late-${this.#plays}`;
    await createTopic(this.#port, name, PARTITIONS.length, {});
    return name;
  }

  /** Aborts what is under way as `runnel transaction abort` does. */
  async abort(transactionalId: string): Promise<void> {
    const { errorCode } = await this.#wire.call(InitProducerIdApi, INIT_VERSION, {
      transactionalId,
      transactionTimeoutMs: 30_000,
    });
    if (errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.CONCURRENT_TRANSACTIONS) {
      throw new Error(`the abort of ${transactionalId}: ${errorName(errorCode)}`);
    }
    await this.untilAborted(transactionalId);
  }

  async untilAborted(transactionalId: string): Promise<void> {
    await waitFor(`the abort of ${transactionalId}`, async () => {
      const state = await this.#stateOf(transactionalId);
      return state === "CompleteAbort" || state === "Empty";
    });
  }

  /** What there is once all outcomes are in all partitions. */
  async find(name: string): Promise<Found> {
    const state = await waitFor(`the end of transactions of ${name}`, async () => {
      const found = await this.#stateOf(name);
      return !found.startsWith("Prepare") && found;
    });
    const places = PARTITIONS.map((partition) => ({ topic: name, partition }));
    const values: (readonly string[])[] = [];
    const held: number[] = [];
    for (const place of places) {
      values.push(await new CommittedLog(place).readOn(this.#port));
      const stable = await endOf(this.#wire, place, true);
      if (stable < (await endOf(this.#wire, place, false))) held.push(place.partition);
    }
    // A coordinator that was never asked before is made first.
    const offset = await waitFor(`the offset of ${name}`, () => this.#committedOffset(name));
    return { values, held, state, offset };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#wire.close();
    await this.proxy[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }

  async #stateOf(transactionalId: string): Promise<string> {
    const request = { transactionalIds: [transactionalId] };
    const answer = await this.#wire.call(DescribeTransactionsApi, 0, request);
    const [found] = answer.transactionStates;
    if (found?.errorCode !== ErrorCode.NONE) {
      throw new Error(`${transactionalId}: ${errorName(found?.errorCode ?? -1)}`);
    }
    return found.transactionState;
  }

  async #committedOffset(name: string): Promise<number> {
    const answer = await this.#wire.call(OffsetFetchApi, OFFSET_FETCH_VERSION, {
      groupId: name,
      topics: [{ name, partitionIndexes: [0] }],
      requireStable: true,
    });
    const found = answer.topics[0]?.partitions[0];
    if (found?.errorCode !== ErrorCode.NONE) {
      throw new Error(`offset of ${name}: ${errorName(found?.errorCode ?? -1)}`);
    }
    return found.committedOffset;
  }
}
