import { expect, test } from "vitest";
import { AdminRig, problemOf, text } from "./rig.ts";

const SLOT_MS = 10_000;

/** A rig that stands at the turn of a slot. */
async function rigWithHistory(): Promise<AdminRig> {
  const rig = await AdminRig.open([], { withHistory: true });
  rig.world.time.advance(SLOT_MS - (rig.world.time.nowMs() % SLOT_MS));
  await rig.run(rig.world.time.advanceAsync(SLOT_MS));
  return rig;
}

async function produce(rig: AdminRig, count: number): Promise<void> {
  const records = Array.from({ length: count }, () => ({ value: text("v") }));
  await rig.client.produce({ params: { topic: "orders" }, body: { records } });
}

test("what goes into a topic, and how far a group is behind, can be seen afterwards", async () => {
  const rig = await rigWithHistory();
  await rig.client.createTopic({ body: { name: "orders" } });
  await produce(rig, 10);
  await rig.client.resetOffsets({
    params: { group: "billing" },
    body: { scope: [{ topic: "orders" }], to: { kind: "beginning" } },
  });
  const from = rig.world.time.nowMs();
  await rig.run(rig.world.time.advanceAsync(SLOT_MS));
  await produce(rig, 30);
  await rig.run(rig.world.time.advanceAsync(2 * SLOT_MS));

  const { items, since } = await rig.client.listMetricSeries({ query: { member: "orders" } });
  expect(since).toBeLessThanOrEqual(from);
  expect(items.map(({ name, unit, label }) => [name, unit, label])).toContainEqual([
    "runnel_topic_received_events_total:rate{=orders}",
    "1/s",
    "topic",
  ]);
  const series = [
    "runnel_topic_received_events_total:rate{=orders}",
    "runnel_group_lag_events:value{=billing}",
    "runnel_group_lag_seconds:value{=billing}",
    "runnel_topic_received_events_total:rate{=nobody}",
  ];
  const to = rig.world.time.nowMs();
  const history = await rig.client.getMetricHistory({ query: { series, from, to, points: 4 } });
  expect(history).toMatchObject({ from, stepMs: SLOT_MS, count: 3, resolutionMs: SLOT_MS });
  const [rate, lag, seconds, nobody] = history.series;
  expect(rate?.avg).toEqual([1, 3, 0]);
  expect(lag?.max).toEqual([10, 40, 40]);
  expect(seconds?.avg).toEqual([10, 20, 30]);
  expect(nobody).toMatchObject({ isKnown: false, avg: [] });

  const rough = await rig.client.getMetricHistory({ query: { series, from, to, points: 2 } });
  expect(rough.count).toBeLessThanOrEqual(2);
});

test("what cannot be answered is refused, with what to do", async () => {
  const rig = await rigWithHistory();
  const ask = (query: object) =>
    rig.client.getMetricHistory({ query: { series: ["g:value"], ...query } });
  const invalid = (field: string) =>
    problemOf("invalid-request", { errors: [{ in: "query", field }] });
  await expect(ask({ points: 601 })).rejects.toMatchObject(invalid("points"));
  await expect(ask({ from: 5, to: 5 })).rejects.toMatchObject(invalid("from"));
  const many = Array.from({ length: 101 }, (_, at) => `s${at}`);
  await expect(ask({ series: many })).rejects.toMatchObject(invalid("series"));
  expect((await rig.ask("/v1/metrics/history")).status).toBe(400);
  expect((await rig.ask("/v1/metrics/history?series=a&series=b")).status).toBe(200);
  const none = await AdminRig.open();
  await expect(none.client.listMetricSeries()).rejects.toMatchObject(problemOf("unavailable"));
});
