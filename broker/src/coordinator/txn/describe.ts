/** What an id is, for whoever looks at it: now, or when the end that is being written is. */
import type { DescribeEvent, Turn } from "./events.ts";
import type { Transaction } from "./live.ts";
import { isPrepared } from "./model.ts";
import { describeReply } from "./replies.ts";
import { hold } from "./waits.ts";

export function stepDescribe(transaction: Transaction, event: DescribeEvent, turn: Turn): void {
  const { value } = transaction;
  const isEnding = value !== null && isPrepared(value);
  if (isEnding && event.awaitsEnd && hold(transaction, event, turn)) return;
  turn.replies.push(describeReply(transaction, event));
}
