import { expect, test } from "vitest";
import { append, batchOf, concat, headersOf, Rig, readToEnd } from "./testing.ts";

for (const tailCacheBytes of [0, 1024, 1024 * 1024]) {
  test(`a log gives back what it was given, with ${tailCacheBytes} bytes of memory`, async () => {
    let rig = await Rig.open({ tailCacheBytes });
    const config = { segmentBytes: 4000, indexIntervalBytes: 200 };
    let log = await rig.log(config);
    const sent: Uint8Array[] = [];
    for (let i = 0; i < 100; i += 1) {
      const batch = batchOf({ values: [`value ${i}`, "x".repeat(i)] });
      sent.push(batch);
      expect(append(log, batch, 7)).toEqual({
        kind: "appended",
        baseOffset: 2 * i,
        endOffset: 2 * i + 2,
      });
      if (i % 3 === 0) await rig.settle();
    }
    await rig.settle();
    expect(log.logEndOffset).toBe(200);
    const expected = concat(sent);
    expect(await readToEnd(rig, log, 0)).toEqual(expected);
    expect(headersOf(expected).map((one) => one.baseOffset)).toEqual(sent.map((_, i) => 2 * i));
    rig = await rig.reopen();
    expect(rig.manager.wasClean).toBe(true);
    log = await rig.log(config);
    expect(log.logEndOffset).toBe(200);
    expect(log.segments.length).toBeGreaterThan(2);
    expect(await readToEnd(rig, log, 0)).toEqual(expected);
    append(log, batchOf({ values: ["more"] }));
    await rig.settle();
    expect(log.logEndOffset).toBe(201);
  });
}
