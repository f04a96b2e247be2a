import { setInt32 } from "@runnel/kit/byte-writer.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameAssembler } from "./frame-assembler.ts";

const allocate = (length: number): Uint8Array => new Uint8Array(length);

function frame(body: Uint8Array): Uint8Array {
  const whole = new Uint8Array(4 + body.length);
  setInt32(whole, 0, body.length);
  whole.set(body, 4);
  return whole;
}

function framesOf(assembler: FrameAssembler): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let next = assembler.next(); next !== null; next = assembler.next()) frames.push(next);
  return frames;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe("FrameAssembler", () => {
  test("any split of any frames into chunks gives the same frames", () => {
    const body = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 70_000 }).map((length) => new Uint8Array(length).fill(length)),
    );
    fc.assert(
      fc.property(
        fc.array(body, { minLength: 1, maxLength: 8 }),
        fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 20_000 })), {
          minLength: 1,
        }),
        fc.boolean(),
        (bodies, cuts, isLazy) => {
          const stream = Buffer.concat(bodies.map(frame));
          const assembler = new FrameAssembler(allocate, 100_000);
          const out: Uint8Array[] = [];
          let at = 0;
          for (let index = 0; at < stream.length; index += 1) {
            const end = Math.min(stream.length, at + (cuts[index % cuts.length] as number));
            assembler.push(stream.subarray(at, end));
            at = end;
            // A connection that may not dispatch pushes more before it asks.
            if (!isLazy || index % 3 === 0) out.push(...framesOf(assembler));
          }
          out.push(...framesOf(assembler));
          expect(out.length).toBe(bodies.length);
          for (const [index, one] of out.entries()) {
            expect(Buffer.compare(one, bodies[index] as Uint8Array)).toBe(0);
          }
          expect(assembler.pendingBytes).toBe(0);
          expect(assembler.isMidFrame).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("a frame within one chunk is a view of it", () => {
    const assembler = new FrameAssembler(allocate, 100);
    const chunk = Buffer.concat([frame(text("one")), frame(text("two"))]);
    assembler.push(chunk);
    const frames = framesOf(assembler);
    expect(frames.map((one) => one.buffer === chunk.buffer)).toEqual([true, true]);
  });

  test("a frame that spans chunks is copied once, and no room is made before it is whole", () => {
    const allocated: number[] = [];
    const assembler = new FrameAssembler((length) => {
      allocated.push(length);
      return new Uint8Array(length);
    }, 1_000_000);
    const whole = frame(new Uint8Array(1_000_000));
    for (let at = 0; at < whole.length - 1; at += 50_000) {
      assembler.push(whole.subarray(at, Math.min(whole.length - 1, at + 50_000)));
      expect(assembler.next()).toBeNull();
    }
    expect(allocated.reduce((sum, length) => sum + length, 0)).toBeLessThan(17_000);
    assembler.push(whole.subarray(-1));
    expect(assembler.next()).toHaveLength(1_000_000);
    expect(allocated.at(-1)).toBe(1_000_000);
  });

  test("a frame sent byte by byte holds at most about twice its bytes", () => {
    let allocated = 0;
    const assembler = new FrameAssembler((length) => {
      allocated += length;
      return new Uint8Array(length);
    }, 1_000_000);
    const whole = frame(new Uint8Array(100_000));
    for (let at = 0; at < whole.length - 1; at += 1) {
      assembler.push(whole.slice(at, at + 1));
      assembler.next();
    }
    expect(allocated).toBeLessThan(130_000);
    expect(assembler.pendingBytes).toBe(99_999);
  });

  test("P1: refuses sizes that no frame has, and knows HTTP and TLS by their first bytes", () => {
    const refusal = (bytes: Uint8Array, chunkSize: number, limit = 100 * 1024 * 1024): string => {
      const assembler = new FrameAssembler(allocate, limit);
      try {
        for (let at = 0; at < bytes.length; at += chunkSize) {
          assembler.push(bytes.subarray(at, at + chunkSize));
          assembler.next();
        }
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    for (const chunkSize of [1, 4, 100]) {
      expect(refusal(new Uint8Array([0xff, 0xff, 0xff, 0xff]), chunkSize)).toContain("of -1 bytes");
      expect(refusal(new Uint8Array(4), chunkSize)).toContain("of 0 bytes");
      expect(refusal(new Uint8Array([0x7f, 255, 255, 255]), chunkSize)).toContain("2147483647");
      expect(refusal(text("GET / HTTP/1.1\r\n\r\n"), chunkSize)).toContain("HTTP");
      expect(refusal(new Uint8Array([0x16, 0x03, 0x01, 0x02, 0, 1]), chunkSize)).toContain("TLS");
      expect(refusal(frame(new Uint8Array(101)), chunkSize, 100)).toContain("allowed are 1 to 100");
      expect(refusal(frame(new Uint8Array(100)), chunkSize, 100)).toBe("");
    }
  });
});
