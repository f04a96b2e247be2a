/**
 * Prints how many 1 KiB JSON records filters look at in a second of one core's time, over batches in
 * memory: the median of nine rounds. The walk over the records, which is in every figure, stands first.
 *
 *   node broker/bench/browse/filter.bench.ts
 */
import { conditionOf, parseFilter } from "@runnel/contracts/filter-parser.ts";
import { readBatchHeader } from "@runnel/protocol/records/batch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { recordBytesOf } from "@runnel/protocol/records/iterate.ts";
import { compileFilter } from "../../src/browse/filter/compile.ts";
import { RecordCursor } from "../../src/browse/record.ts";

const RECORD_SIZE = 1024;
const RECORDS_PER_BATCH = 500;
const BATCHES = 40;
const ROUNDS = 9;
/** Times that a round goes over the batches: the system counts a thread's time in steps of 4 ms. */
const PASSES = 8;

/** Filters, with the share of records that match. */
const FILTERS = [
  "",
  "value.total>989.5",
  "value.total>0",
  "value.customer.address.zip=10115",
  "value.items[*].sku=sku-77",
  "value.id=o-1234",
  "value.missing=1",
  "value.note~overdue",
  "key=o-1234",
  "header.trace=t-1234",
  "value~~overdue",
  "overdue",
  "not value.total<990 value.customer.name=x",
  "cel:`value.total > 989.5`",
];

/** An order of 1 KiB, with the members that the filters ask for at its begin, middle and end. */
function order(index: number): string {
  const head = {
    id: `o-${index}`,
    placedAt: "2026-05-01T10:00:00.000Z",
    customer: {
      name: `customer ${index % 1000}`,
      address: { street: "Invalidenstraße 116", zip: String(10_000 + (index % 500)) },
    },
    items: Array.from({ length: 5 }, (_, item) => ({
      sku: `sku-${(index + item) % 100}`,
      quantity: item + 1,
      price: 19.99,
      tags: ["new", "blue"],
    })),
    note: index % 100 === 0 ? "Payment overdue" : "paid",
  };
  const tail = { total: index % 1000, currency: "EUR" };
  const open = JSON.stringify({ ...head, filler: "", ...tail });
  const filler = "lorem ipsum "
    .repeat(90)
    .slice(0, RECORD_SIZE - new TextEncoder().encode(open).length);
  return JSON.stringify({ ...head, filler, ...tail });
}

const utf8 = new TextEncoder();
const batches = Array.from({ length: BATCHES }, (_, batch) => {
  const records = Array.from({ length: RECORDS_PER_BATCH }, (_unused, at) => {
    const index = batch * RECORDS_PER_BATCH + at;
    return {
      key: utf8.encode(`o-${index}`),
      value: utf8.encode(order(index)),
      headers: [{ key: "trace", value: utf8.encode(`t-${index}`) }],
      timestamp: 1_777_777_777_000 + index,
    };
  });
  const bytes = buildBatch({ records });
  const header = readBatchHeader(bytes, 0);
  return { header, bytes: recordBytesOf(bytes, { at: 0, header, maxOutputLength: 0 }) };
});

/** Records a second, and the share of those that matched. */
function run(text: string): { readonly rate: number; readonly share: number } {
  const parsed = parseFilter(text);
  if (parsed.kind === "error") throw new Error(parsed.message);
  const matcher = compileFilter(conditionOf(parsed.chips));
  const cursor = new RecordCursor();
  let matches = 0;
  const before = process.threadCpuUsage();
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const { header, bytes } of batches) {
      cursor.openBatch(0, header, bytes);
      while (cursor.next()) if (matcher.matches(cursor)) matches += 1;
    }
  }
  const count = PASSES * BATCHES * RECORDS_PER_BATCH;
  const { user, system } = process.threadCpuUsage(before);
  return { rate: (count * 1e6) / (user + system), share: matches / count };
}

for (const text of FILTERS) run(text);
const rates = FILTERS.map((): number[] => []);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [index, text] of FILTERS.entries()) rates[index]?.push(run(text).rate);
}
console.log("records/s   matches  filter");
for (const [index, text] of FILTERS.entries()) {
  const median = rates[index]?.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0;
  const rate = Math.round(median).toLocaleString("en").padStart(9);
  const share = `${(run(text).share * 100).toFixed(2)} %`.padStart(9);
  console.log(`${rate} ${share}  ${text === "" ? "(walk alone)" : text}`);
}
