/** Holds answers against their schemas: for tests and development, where a difference is a bug. */
import type { RouteName } from "./paths.ts";
import { ROUTES } from "./routes.ts";

/** Throws `ZodError` where `body` is no answer of the route. */
export function checkAnswer(name: RouteName, body: unknown): void {
  ROUTES[name].response.parse(body);
}
