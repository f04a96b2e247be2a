/** One frame kept back and let go, between the transactions of a real client. */
import type {
  ProducerOptions,
  Transaction,
  TransactionalClient,
  TransactionalProducer,
} from "../../transactions/clients.ts";
import type { Trap } from "./frame-proxy.ts";
import { type FrameKind, frameOf } from "./frames.ts";
import type { Ending, Moment, Plan } from "./plan.ts";
import type { LateStage } from "./stage.ts";
import { findingsOf, type Told, valueOf } from "./story.ts";

/** Long enough for a machine that is busy to come to the frame within it. */
const TRANSACTION_TIMEOUT_MS = 2_500;
const DELIVERY_TIMEOUT_MS = 2_500;

const OPTIONS: Partial<Record<Ending, ProducerOptions>> = {
  "given up": { deliveryTimeoutMs: DELIVERY_TIMEOUT_MS },
  timeout: { timeoutMs: TRANSACTION_TIMEOUT_MS },
};

/** Plays it and tells what was found; nothing is as it should be. */
export async function play(
  stage: LateStage,
  client: TransactionalClient,
  plan: Plan,
): Promise<readonly string[]> {
  const name = await stage.newName();
  await using actors = new AsyncDisposableStack();
  return await new Play(stage, client, { plan, name, actors }).run();
}

interface Setting {
  readonly plan: Plan;
  readonly name: string;
  readonly actors: AsyncDisposableStack;
}

class Play {
  readonly #stage: LateStage;
  readonly #client: TransactionalClient;
  readonly #setting: Setting;
  readonly #told: Told[] = [];
  readonly #findings: string[] = [];
  #trap: Trap | null = null;
  #isReleased = false;
  /** What became of the call that waits for the frame's answer: an error, or null for none. */
  #stuck: Promise<unknown> | null = null;

  constructor(stage: LateStage, client: TransactionalClient, setting: Setting) {
    this.#stage = stage;
    this.#client = client;
    this.#setting = setting;
  }

  async run(): Promise<readonly string[]> {
    const { plan, name } = this.#setting;
    let producer = await this.#start(OPTIONS[plan.ending]);
    await this.#transact(producer, "first", true, () => Promise.resolve());
    await this.#loseFrame(producer);
    if (plan.ending === "successor") producer = await this.#start();
    if (plan.ending === "admin") await this.#stage.abort(name);
    if (plan.ending === "timeout") await this.#stage.untilAborted(name);
    await this.#deliver({ follower: 0, at: "begin" });
    if (plan.ending === "admin" || plan.ending === "timeout") producer = await this.#start();
    await this.#follow(producer);
    if (!this.#isReleased) await this.#release();
    // An abort that comes too late has its way all the same, and may be told so.
    const isFenced = plan.frame === "abort" || (await this.#stuck) !== null;
    if (this.#stuck !== null && !isFenced) {
      this.#findings.push(`the client was told that its late ${plan.frame} was done`);
    }
    this.#findings.push(...findingsOf(this.#told, await this.#stage.find(name)));
    return this.#findings;
  }

  async #start(options: ProducerOptions = {}): Promise<TransactionalProducer> {
    const { name, actors } = this.#setting;
    return actors.use(await this.#client.start(this.#stage.proxy.address, name, options));
  }

  /** The transactions behind the one whose frame is late; ends with the first that the client cannot go on with. */
  async #follow(producer: TransactionalProducer): Promise<void> {
    const { followers } = this.#setting.plan;
    for (const [follower, isCommitted] of followers.entries()) {
      // The first was begun by the caller, who knows when the successor starts.
      if (follower > 0) await this.#deliver({ follower, at: "begin" });
      try {
        await this.#transact(producer, `next-${follower}`, isCommitted, (at) =>
          this.#deliver({ follower, at }),
        );
      } catch (error) {
        this.#findings.push(`the client cannot go on: ${firstLine(error)}`);
        return;
      }
    }
    await this.#deliver({ follower: followers.length, at: "begin" });
  }

  async #transact(
    producer: TransactionalProducer,
    name: string,
    isCommitted: boolean,
    pause: (at: "half" | "full") => Promise<void>,
  ): Promise<void> {
    const transaction = await producer.begin();
    const steps = this.#stepsOf(transaction, name, isCommitted);
    await steps.first();
    await steps.offset();
    await pause("half");
    await steps.second();
    await pause("full");
    await steps.end();
  }

  #stepsOf(transaction: Transaction, name: string, isCommitted: boolean) {
    const { name: topic } = this.#setting;
    const told: Told = { name, partitions: [], offset: null, outcome: "aborted" };
    this.#told.push(told);
    const send = async (partition: number): Promise<void> => {
      // Said before it is known: what is not acknowledged must not be read either, unless it is committed.
      told.partitions.push(partition);
      await transaction.send(topic, partition, valueOf(name, partition));
    };
    return {
      first: () => send(0),
      second: () => send(1),
      offset: async () => {
        const offset = this.#told.length;
        await transaction.sendOffset?.({ groupId: topic, topic, partition: 0, offset });
        if (transaction.sendOffset !== undefined) told.offset = offset;
      },
      end: async () => {
        if (!isCommitted) return await transaction.abort();
        told.outcome = null;
        await transaction.commit();
        told.outcome = "committed";
      },
    };
  }

  /** A transaction of which one frame does not arrive, until it has ended or its client waits for it. */
  async #loseFrame(producer: TransactionalProducer): Promise<void> {
    const { frame, ending } = this.#setting.plan;
    const transaction = await producer.begin();
    const steps = this.#stepsOf(transaction, "held", frame !== "abort");
    for (const step of ["first", "offset", "second", "end"] as const) {
      if (step !== STEPS[frame]) {
        await steps[step]();
        continue;
      }
      const call = this.#catch(() => steps[step]());
      await Promise.race([this.#trap?.first, call.then(neverSent)]);
      if (ending === "resent") {
        await call;
        continue;
      }
      const told = this.#told.at(-1) as Told;
      const failure = call.then(
        () => null,
        (error: unknown) => error,
      );
      if (ending === "given up") {
        if ((await failure) === null) this.#findings.push("a record that never arrived was sent");
        this.#trap?.open();
        await transaction.abort();
      } else {
        this.#stuck = failure;
      }
      told.outcome = "aborted";
      return;
    }
  }

  #catch(work: () => Promise<void>): Promise<void> {
    const { plan, name } = this.#setting;
    this.#trap = this.#stage.proxy.trap({
      matches: (bytes) => {
        const found = frameOf(bytes);
        return found?.transactionalId === name && found.kind === plan.frame;
      },
      how: plan.ending === "resent" ? "cut" : "stall",
      isLasting: plan.ending === "given up",
    });
    return work();
  }

  async #deliver({ follower, at }: Moment): Promise<void> {
    for (const delivery of this.#setting.plan.deliveries) {
      if (delivery.follower !== follower || delivery.at !== at) continue;
      if (delivery.connection === "own" && !this.#isReleased) await this.#release();
      else await this.#trap?.caught[0]?.sendAgain();
    }
  }

  async #release(): Promise<void> {
    this.#isReleased = true;
    for (const held of this.#trap?.caught ?? []) await held.release();
  }
}

/** Where in a transaction a frame is first sent. */
const STEPS: Readonly<Record<FrameKind, "offset" | "second" | "end">> = {
  AddPartitionsToTxn: "second",
  Produce: "second",
  AddOffsetsToTxn: "offset",
  TxnOffsetCommit: "offset",
  commit: "end",
  abort: "end",
};

function neverSent(): never {
  throw new Error("the client went on without sending the frame");
}

const firstLine = (error: unknown): string => String(error).split("\n")[0] ?? "";
