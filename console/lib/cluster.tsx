/** The cluster of this page, and addresses of pages in it. */
"use client";
import { createContext, type ReactNode, use, useMemo } from "react";

/** Builds the address of a page from segments, each of which may hold anything. */
export type Href = (...segments: readonly string[]) => string;

interface ClusterValue {
  readonly name: string;
  /** Where the admin API is, as seen from the console's server; for commands to be copied. */
  readonly admin: string;
  readonly href: Href;
}

const ClusterContext = createContext<ClusterValue | null>(null);

export function clusterHref(name: string, segments: readonly string[]): string {
  return `/c/${[name, ...segments].map(encodeURIComponent).join("/")}`;
}

export function ClusterProvider({
  name,
  admin,
  children,
}: {
  readonly name: string;
  readonly admin: string;
  readonly children: ReactNode;
}): ReactNode {
  const value = useMemo(
    () => ({ name, admin, href: (...segments: readonly string[]) => clusterHref(name, segments) }),
    [name, admin],
  );
  return <ClusterContext value={value}>{children}</ClusterContext>;
}

export function useCluster(): ClusterValue {
  const value = use(ClusterContext);
  if (value === null) throw new Error("useCluster() outside of a cluster's pages");
  return value;
}

export function useHref(): Href {
  return useCluster().href;
}
