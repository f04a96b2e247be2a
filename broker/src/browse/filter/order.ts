/** Less, greater and their like. */
import { unreachable } from "@runnel/kit/assert.ts";

export type OrderOperator = "less" | "lessOrEqual" | "greater" | "greaterOrEqual";

/** Whether a difference (negative: less) is what the operator asks for; NaN never is. */
export function isInOrder(difference: number, operator: OrderOperator): boolean {
  switch (operator) {
    case "less":
      return difference < 0;
    case "lessOrEqual":
      return difference <= 0;
    case "greater":
      return difference > 0;
    case "greaterOrEqual":
      return difference >= 0;
    default:
      return unreachable(operator);
  }
}
