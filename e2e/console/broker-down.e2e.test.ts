/** What people see while the broker is gone, on every page, and that it goes by itself. */
import { afterAll, beforeAll, describe, it } from "vitest";
import { type Console, STARTS_WITHIN_MS, startConsole } from "./console.ts";
import { browserFixture, expectReadable } from "./fixture.ts";

const PATHS = [
  "",
  "/topics",
  "/topics/new",
  "/topics/orders",
  "/groups",
  "/groups/billing",
  "/transactions",
  "/transactions?show=held",
  "/transactions/payments-1",
  "/produce",
  "/brokers",
  "/settings",
];

const { onPage } = browserFixture();
let app: Console;

beforeAll(async () => {
  // Nobody listens there: port 1 is reserved.
  app = await startConsole("127.0.0.1:1");
}, STARTS_WITHIN_MS);
afterAll(() => app[Symbol.asyncDispose]());

describe("with the broker down", () => {
  it.each(PATHS)("page %j says so and what to do, and everybody can read it", (path) =>
    onPage(app.url, `/c/local${path}`, (page) =>
      expectReadable(page, "The broker does not answer."),
    ),
  );
});
