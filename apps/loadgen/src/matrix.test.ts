import { expect, it } from "vitest";
import { latencyCells, produceCells, readCells } from "./matrix.ts";

it("holds every combination once, under a name of its own", () => {
  const names = [...produceCells(), ...latencyCells(), ...readCells()].map(({ name }) => name);
  expect(produceCells()).toHaveLength(2 * 3 * 3 * 2 * 2 * 2);
  expect(latencyCells()).toHaveLength(3 * 2);
  expect(readCells()).toHaveLength(2 * (3 + 1));
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain(
    "produce 100 B records, 1 MiB batches, 100 connections, 50 partitions, acks all, flush 1",
  );
  expect(names).toContain("fetch 1 MiB, tail, 10 consumers on one topic");
});
