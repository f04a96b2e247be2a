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
  targets: null,
  memberEpoch: null,
  protocol: "classic",
  subscription: null,
  lagEvents,
});

it("MemberTable tells no lag from one that nobody knows", () => {
  const members = [member("a", 0), member("b", 1_200), member("c", null)];
  render(<MemberTable type="classic" members={members} />);
  const lags = screen
    .getAllByRole("row")
    .slice(1)
    .map((row) => row.querySelectorAll("td")[4]?.textContent);
  expect(lags).toEqual(["0", "1,200", "–"]);
});

it("MemberTable shows epochs and what members of the consumer protocol are to have", () => {
  const consumer = (memberEpoch: number, partitions: number[]): Partial<Member> => ({
    memberEpoch,
    protocol: "consumer",
    targets: [{ topic: "orders", partitions }],
    subscription: { topics: [], regex: "ord.*" },
  });
  const members = [
    { ...member("a", 0), ...consumer(7, [0]) },
    { ...member("b", 0), ...consumer(-2, [0, 1, 2]) },
    { ...member("c", 0), memberEpoch: 6, targets: [] },
  ];
  render(<MemberTable type="consumer" members={members} />);
  const cells = screen
    .getAllByRole("row")
    .slice(1)
    .map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent));
  expect(cells.map((row) => [row[4], row[5]])).toEqual([
    ["the same", "7"],
    ["orders 0–2", "away"],
    ["none", "6"],
  ]);
  expect(cells.map((row) => row[0])).toEqual(["aord.*", "bord.*", "cclassic"]);
});
