// @vitest-environment happy-dom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { ClusterProvider } from "../lib/cluster.tsx";
import { HolderLink, type HolderProps } from "./holder.tsx";

afterEach(cleanup);

function show(holder: HolderProps["holder"]): HTMLElement {
  render(
    <ClusterProvider name="local" admin="127.0.0.1:9644">
      <HolderLink topic="orders" partition={3} holder={holder} />
    </ClusterProvider>,
  );
  return screen.getByRole("link");
}

it("HolderLink leads to the transaction, whatever its id is", () => {
  const link = show({ producerId: "7", transactionalId: "pay/ü", isHanging: false });
  expect(link.getAttribute("href")).toBe("/c/local/transactions/pay%2F%C3%BC");
});

it("HolderLink leads to the partition where something hangs, and says so", () => {
  const link = show({ producerId: "7", transactionalId: null, isHanging: true });
  expect([link.textContent, link.getAttribute("href")]).toEqual([
    "producer 7",
    "/c/local/transactions?show=held&at=orders%2F3",
  ]);
  expect(screen.getByText("hangs")).toBeTruthy();
});

it("HolderLink accuses nobody of hanging while that is not known", () => {
  show({ producerId: "7", transactionalId: null, isHanging: null });
  expect(screen.queryByText("hangs")).toBeNull();
});
