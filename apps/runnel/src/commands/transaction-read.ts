/** `runnel transaction list` and `describe`. */
import { formatSpan, formatTime } from "../cli/format.ts";
import { renderFields, renderTable } from "../cli/table.ts";
import { parseChoice, parseInteger } from "../cli/values.ts";
import {
  describeTransaction,
  listTransactions,
  type Transaction,
  UNDER_WAY,
} from "../kafka/transactions.ts";
import { type ClientFlags, withCluster } from "./client.ts";
import { TRANSACTION_STATES } from "./state-choices.ts";

export interface ListFlags extends ClientFlags {
  readonly state?: readonly string[];
  readonly longerThan?: string;
}

/** A longer one no transaction can have (24 days). */
const LONGER_THAN_SECONDS_MAX = 2_147_483;

export async function listAll(flags: ListFlags): Promise<void> {
  const longerThanMs =
    flags.longerThan === undefined
      ? null
      : 1_000 * parseInteger(flags.longerThan, "--longer-than", { max: LONGER_THAN_SECONDS_MAX });
  const states = (flags.state ?? []).map((state) =>
    parseChoice(state, "--state", TRANSACTION_STATES),
  );
  await withCluster(flags, async ({ cluster, output, isJson }) => {
    const found = await listTransactions(cluster, { states, longerThanMs });
    if (isJson) {
      await output.json(
        found.map(({ id, state, producerId, coordinator }) => {
          return { transactionalId: id, state, producerId: Number(producerId), coordinator };
        }),
      );
      return;
    }
    if (found.length === 0) {
      output.remark("There are no such transactional ids; one begins with a producer that has it.");
      return;
    }
    await output.write(
      renderTable(
        [
          { title: "TRANSACTIONAL ID" },
          { title: "STATE" },
          { title: "PRODUCER ID", align: "right" },
          { title: "COORDINATOR", align: "right" },
        ],
        found.map(({ id, state, producerId, coordinator }) => {
          return [id, state, String(producerId), coordinator];
        }),
      ),
    );
  });
}

export async function describeAll(ids: readonly string[], flags: ClientFlags): Promise<void> {
  await withCluster(flags, async ({ cluster, output, isJson }) => {
    const described: Transaction[] = [];
    for (const id of new Set(ids)) described.push(await describeTransaction(cluster, id));
    if (isJson) {
      await output.json(described.map(toJson));
      return;
    }
    for (const [index, each] of described.entries()) {
      if (index > 0) await output.write("\n");
      await output.write(toText(each, Date.now()));
    }
  });
}

function toJson(transaction: Transaction): unknown {
  const { id, state, producerId, producerEpoch, timeoutMs, startedAt } = transaction;
  return {
    transactionalId: id,
    state,
    producerId: Number(producerId),
    producerEpoch,
    coordinator: transaction.coordinator.nodeId,
    timeoutMs,
    startedAt: startedAt < 0 ? null : startedAt,
    partitions: transaction.partitions,
  };
}

function toText(transaction: Transaction, nowMs: number): string {
  const { id, state, producerId, producerEpoch, timeoutMs, startedAt, partitions } = transaction;
  const { nodeId, host, port } = transaction.coordinator;
  const isUnderWay = UNDER_WAY.has(state) && startedAt >= 0;
  const age = isUnderWay ? ` (${formatSpan(Math.max(0, nowMs - startedAt))} ago)` : "";
  const fields = renderFields([
    ["Transactional id", id],
    ["State", state],
    ["Producer", `${producerId}, epoch ${producerEpoch}`],
    ["Coordinator", `${nodeId} (${host}:${port})`],
    ["Timeout", formatSpan(timeoutMs)],
    ["Begun", `${formatTime(startedAt)}${age}`],
  ]);
  if (partitions.length === 0) return fields;
  const columns = [{ title: "TOPIC" }, { title: "PARTITION", align: "right" }] as const;
  const rows = partitions.map(({ topic, partition }) => [topic, partition]);
  return `${fields}\n${renderTable(columns, rows)}`;
}
