/** What the threads of `threads.test.ts` run. */
import type { ThreadHost } from "../ports.ts";

interface Order {
  readonly kind: "echo" | "throw" | "look" | "spin";
  readonly value: unknown;
}

export function startThread(host: ThreadHost): (message: unknown) => void {
  return (message) => {
    const { kind, value } = message as Order;
    switch (kind) {
      case "echo":
        host.post(value);
        return;
      case "throw":
        throw new Error(String(value));
      case "look":
        void look(host, String(value));
        return;
      case "spin":
        host.post("spinning");
        for (;;);
    }
  };
}

async function look({ disk, clock, post }: ThreadHost, path: string): Promise<void> {
  const stat = await disk.stat(path);
  post({ isThere: stat !== null, hasTime: clock.nowMs() > clock.monotonicMs() });
}
