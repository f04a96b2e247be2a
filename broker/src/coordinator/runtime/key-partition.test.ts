import { expect, test } from "vitest";
import { partitionOfKey } from "./key-partition.ts";

test("partitionOfKey() is Kafka's: |String.hashCode()| modulo the count, 0 for the smallest int", () => {
  expect(partitionOfKey("", 50)).toBe(0);
  expect(partitionOfKey("a", 1000)).toBe(97);
  expect(partitionOfKey("console-consumer-12345", 1)).toBe(0);
  // "hello world".hashCode() is 1794106052, "my-group".hashCode() −1906497762.
  expect(partitionOfKey("hello world", 50)).toBe(1_794_106_052 % 50);
  expect(partitionOfKey("my-group", 50)).toBe(1_906_497_762 % 50);
  // "polygenelubricants".hashCode() is Integer.MIN_VALUE.
  expect(partitionOfKey("polygenelubricants", 50)).toBe(0);
});
