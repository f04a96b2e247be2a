/** What is to happen to one frame: which it is, how its transaction ends meanwhile, and when it comes after all. */
import type { Random } from "@runnel/kit/world.ts";
import type { TransactionalClient } from "../../transactions/clients.ts";
import type { FrameKind } from "./frames.ts";

/**
 * How the transaction ends without the frame:
 *
 * - `resent`: its connection breaks; the client sends the frame once more and goes on.
 * - `given up`: the client sends it until its delivery timeout is over, and aborts.
 * - `successor`: while the client waits, another producer begins under its transactional id.
 * - `timeout`: while the client waits, the transaction timeout passes; then comes a successor.
 * - `admin`: while the client waits, somebody aborts the transaction; then comes a successor.
 */
export type Ending = "resent" | "given up" | "successor" | "timeout" | "admin";

/** What a client's protocol of transactions is. */
export type Protocol = "KIP-890" | "classic";

export interface Subject {
  /** On a command line. */
  readonly name: string;
  readonly client: TransactionalClient;
  readonly protocol: Protocol;
  readonly frames: readonly FrameKind[];
  readonly endings: readonly Ending[];
  stop(): Promise<void>;
}

export interface Moment {
  /** Which of the later transactions; as many as there are for the time behind them all. */
  readonly follower: number;
  /** Before it begins; when half of it is sent; when all of it is, before its end. */
  readonly at: "begin" | "half" | "full";
}

export interface Delivery extends Moment {
  /** The one on which it was under way, which is there for one delivery; or a new one. */
  readonly connection: "own" | "new";
}

export interface Plan {
  readonly frame: FrameKind;
  readonly ending: Ending;
  /** Whether each later transaction is committed. */
  readonly followers: readonly boolean[];
  readonly deliveries: readonly Delivery[];
}

const FOLLOWERS_MAX = 3;
const COMMITTED_OF_TEN = 7;
const DELIVERIES_MAX = 4;
const MOMENTS = ["begin", "half", "full"] as const;

/** Every frame with every ending: before, within and after the next transaction, and at once a second time. */
export function allPlans({ frames, endings }: Subject): readonly Plan[] {
  const moments: readonly Moment[] = [
    { follower: 0, at: "begin" },
    { follower: 0, at: "half" },
    { follower: 1, at: "begin" },
  ];
  return frames.flatMap((frame) =>
    endings
      .filter((ending) => hasEnding(frame, ending))
      .flatMap((ending) =>
        moments.map((moment) => ({
          frame,
          ending,
          // A commit or an abort that takes the next transaction for its own is to be seen.
          followers: [frame !== "commit"],
          deliveries: [
            { ...moment, connection: "own" },
            { ...moment, connection: "new" },
          ],
        })),
      ),
  );
}

/** Several later transactions, and deliveries at any time; what the classic protocol cannot withstand is left out. */
export function drawPlan(random: Random, subject: Subject): Plan {
  const pick = <Item>(items: readonly Item[]): Item => items[random.below(items.length)] as Item;
  const kinds = subject.frames.flatMap((frame) =>
    subject.endings.map((ending) => ({ frame, ending })),
  );
  const { frame, ending } = pick(
    kinds.filter((kind) => hasEnding(kind.frame, kind.ending) && !isPowerful(kind, subject)),
  );
  const followers = Array.from(
    { length: 1 + random.below(FOLLOWERS_MAX) },
    () => random.below(10) < COMMITTED_OF_TEN,
  );
  const drawMoment = (): Moment => {
    const follower = random.below(followers.length + 1);
    return { follower, at: follower === followers.length ? "begin" : pick(MOMENTS) };
  };
  const own = random.below(DELIVERIES_MAX);
  const deliveries = Array.from(
    { length: 1 + random.below(DELIVERIES_MAX) },
    (_, at): Delivery => ({ ...drawMoment(), connection: at === own ? "own" : "new" }),
  );
  return { frame, ending, followers, deliveries };
}

/** Whether the frame, late, bears the epoch of the transactions behind it, and is no batch that is known already. */
export function isPowerful(
  { frame, ending }: Pick<Plan, "frame" | "ending">,
  { protocol }: Subject,
): boolean {
  return protocol === "classic" && ending === "resent" && frame !== "Produce";
}

export function nameOf({ frame, ending, followers, deliveries }: Plan): string {
  const outcomes = followers.map((isCommitted) => (isCommitted ? "commit" : "abort"));
  const times = deliveries.map(({ follower, at, connection }) => {
    const when = follower === followers.length ? "behind all" : `${at} of ${follower}`;
    return connection === "own" ? when : `${when} (new connection)`;
  });
  return `${frame}, ${ending}; then ${outcomes.join(", ")}; late at ${times.join(", ")}`;
}

/** Only a record is given up by a client; everything else it sends for as long as it lives. */
const hasEnding = (frame: FrameKind, ending: Ending): boolean =>
  ending !== "given up" || frame === "Produce";
