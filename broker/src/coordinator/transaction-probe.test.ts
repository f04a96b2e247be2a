import { ErrorCode } from "@runnel/protocol/errors.ts";
import { expect, test } from "vitest";
import { MetricRegistry } from "#metrics/metric.ts";
import { TransactionWorld } from "./testing/transaction-world.ts";
import { registerTransactionMetrics } from "./transaction-probe.ts";

/** All values there are, by name and label. */
function read(world: TransactionWorld): ReadonlyMap<string, number> {
  const registry = new MetricRegistry();
  registerTransactionMetrics(registry, world.transactions);
  const values = new Map<string, number>();
  for (const metric of registry.all()) {
    const name = metric.name.replace("runnel_", "");
    if (metric.kind === "gauge") values.set(name, metric.read());
    if (metric.kind === "gauges")
      for (const [label, value] of metric.read()) values.set(label, value);
    if (metric.kind === "readings") {
      metric.readings.each((member, value) => void values.set(`${name} ${member}`, value));
    }
  }
  return values;
}

test("transactions are counted by state and by how they ended, markers while they are missing", async () => {
  const world = new TransactionWorld();
  await world.start();
  const producer = await world.init(null, 10_000);
  await world.add(producer, 0, 1);
  expect(read(world).get("Ongoing")).toBe(1);
  expect(read(world).get("transaction_partitions")).toBe(2);
  world.markers.answerOf = () => ErrorCode.NOT_LEADER_OR_FOLLOWER;
  await world.end(producer, true);
  expect(read(world).get("PrepareCommit")).toBe(1);
  expect(read(world).get("transaction_markers_waiting")).toBe(2);
  world.markers.answerOf = () => ErrorCode.NONE;
  await world.time.advance(1_000);
  await world.add(producer, 0);
  await world.end(producer, false);
  await world.add(producer, 0);
  await world.time.advance(10_000);
  const values = read(world);
  expect(values.get("transaction_markers_waiting")).toBe(0);
  expect(values.get("transaction_partitions")).toBe(0);
  expect(values.get("CompleteAbort")).toBe(1);
  const outcomes = ["commit", "abort", "timeout"].map((outcome) =>
    values.get(`transactions_ended_total ${outcome}`),
  );
  expect(outcomes).toEqual([1, 1, 1]);
});
