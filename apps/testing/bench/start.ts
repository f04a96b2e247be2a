/** Prints how long `startBroker()` takes once its modules are loaded: the median of nine. */
import { startBroker } from "../src/start-broker.ts";

const times: number[] = [];
for (let round = 0; round < 10; round += 1) {
  const startedAt = performance.now();
  const broker = await startBroker();
  if (round > 0) times.push(performance.now() - startedAt);
  await broker.stop();
}
process.stdout.write(`${times.toSorted((a, b) => a - b)[4]?.toFixed(1)} ms\n`);
