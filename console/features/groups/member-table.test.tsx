// @vitest-environment happy-dom
import type { Member } from "@runnel/contracts/groups.ts";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { MemberTable } from "./member-table.tsx";

afterEach(cleanup);

const member = (memberId: string, lagEvents: number | null): Member => ({
  memberId,
  groupInstanceId: null,
  clientId: memberId,
  clientHost: "/10.0.0.7",
  isLeader: false,
  assignments: [{ topic: "orders", partitions: [0] }],
  lagEvents,
});

it("MemberTable tells no lag from one that nobody knows", () => {
  render(<MemberTable members={[member("a", 0), member("b", 1_200), member("c", null)]} />);
  const lags = screen
    .getAllByRole("row")
    .slice(1)
    .map((row) => row.querySelectorAll("td")[4]?.textContent);
  expect(lags).toEqual(["0", "1,200", "–"]);
});
