// @vitest-environment happy-dom
import type { Topic } from "@runnel/contracts/topics.ts";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { ClusterProvider } from "../../lib/cluster.tsx";
import { currentCommands } from "../../lib/commands.ts";
import { topicKeys } from "../../lib/data/topics.ts";
import { TopicFrame } from "./topic-frame.tsx";

vi.mock("next/navigation", () => ({
  useRouter: () => ({ push: () => {} }),
  usePathname: () => "/c/local/topics/t",
}));

afterEach(cleanup);

function commandsOf(isInternal: boolean): readonly string[] {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: 60_000 } } });
  const topic = { name: "t", isInternal, offlineCount: 0, underReplicatedCount: 0 };
  // The rest of the topic is not looked at here.
  client.setQueryData<Partial<Topic>>(topicKeys.one("t"), topic);
  render(
    <QueryClientProvider client={client}>
      <ClusterProvider name="local" admin="127.0.0.1:9644">
        <TopicFrame topic="t">events</TopicFrame>
      </ClusterProvider>
    </QueryClientProvider>,
  );
  return currentCommands().map(({ id }) => id);
}

const CHANGES = ["topic-produce", "topic-grow", "topic-purge", "topic-delete"];

it("TopicFrame offers changes in the palette", () => {
  expect(commandsOf(false)).toEqual(expect.arrayContaining(CHANGES));
});

it("TopicFrame offers no change of an internal topic", () => {
  const commands = commandsOf(true);
  expect(commands).toContain("topic-tab-Events");
  for (const change of CHANGES) expect(commands).not.toContain(change);
});
