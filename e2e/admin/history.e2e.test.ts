import { checkAnswer } from "@runnel/contracts/check.ts";
import { type Client, createClient } from "@runnel/contracts/client.ts";
import { expect, test } from "vitest";
import { type Server, startRunnel } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";

const clientOf = ({ admin }: Server): Client =>
  createClient({ baseUrl: `http://${admin}`, check: checkAnswer });

const SERIES = [
  "runnel_topic_received_events_total:rate{=orders}",
  "process_resident_memory_bytes:value",
];

/** The values of one series that are there, of the hour before and the minute to come. */
async function valuesOf(client: Client, name: string): Promise<number[]> {
  const to = Date.now() + 60_000;
  const query = { series: SERIES, from: to - 3_660_000, to, points: 600 };
  const { series } = await client.getMetricHistory({ query });
  const found = series.find((one) => one.name === name);
  return found?.avg.filter((value) => value !== null) ?? [];
}

test("a broker remembers its traffic and its memory, over kill -9 and an orderly stop", async () => {
  await using first = await startRunnel();
  const { dataDir } = first;
  let server = first;
  try {
    const client = clientOf(server);
    await client.createTopic({ body: { name: "orders" } });
    const records = [{ value: { encoding: "utf8", data: "v" } }] as const;
    await waitFor("a sample has the traffic", async () => {
      await client.produce({ params: { topic: "orders" }, body: { records: [...records] } });
      return (await valuesOf(client, SERIES[0] as string)).some((rate) => rate > 0);
    });
    const { items } = await client.listMetricSeries({ query: { member: "orders" } });
    expect(items.map(({ metric }) => metric)).toContain("runnel_topic_log_bytes");
    for (const signal of ["SIGKILL", "SIGTERM"] as const) {
      await server.stop(signal);
      server = await startRunnel({ dataDir });
      const again = clientOf(server);
      expect((await valuesOf(again, SERIES[0] as string)).some((rate) => rate > 0)).toBe(true);
      expect((await valuesOf(again, SERIES[1] as string)).length).toBeGreaterThan(0);
    }
  } finally {
    await server[Symbol.asyncDispose]();
  }
});
