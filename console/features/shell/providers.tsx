/** What all pages share: the query cache, the state in the address, the theme, messages. */
"use client";
import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { ThemeProvider } from "next-themes";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { type ReactNode, useState } from "react";
import { ApiError, isUnreachable } from "../../lib/api.ts";
import { Toasts } from "../../ui/toast.tsx";

const RETRIES_MAX = 2;
const STALE_MS = 1_000;

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: STALE_MS,
        // A broker on this machine is there without a network, too.
        networkMode: "always",
        // What the broker refused it will refuse again; who is unreachable is asked by the interval.
        retry: (count, error) =>
          !(error instanceof ApiError && (error.status < 500 || isUnreachable(error))) &&
          count < RETRIES_MAX,
      },
      mutations: { networkMode: "always" },
    },
  });
}

export function Providers({
  nonce,
  children,
}: {
  readonly nonce: string;
  readonly children: ReactNode;
}): ReactNode {
  const [client] = useState(createQueryClient);
  return (
    <CSPProvider nonce={nonce}>
      <ThemeProvider attribute="class" nonce={nonce} disableTransitionOnChange>
        <QueryClientProvider client={client}>
          <NuqsAdapter>{children}</NuqsAdapter>
          <Toasts />
        </QueryClientProvider>
      </ThemeProvider>
    </CSPProvider>
  );
}
