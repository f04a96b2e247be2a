import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { Shell } from "../../../features/shell/shell.tsx";
import { adminAddress, clusterName } from "../../../lib/cluster-name.ts";

export default async function ClusterLayout({
  params,
  children,
}: {
  readonly params: Promise<{ readonly cluster: string }>;
  readonly children: ReactNode;
}): Promise<ReactNode> {
  const { cluster } = await params;
  if (decodeURIComponent(cluster) !== clusterName()) notFound();
  return (
    <Shell cluster={clusterName()} admin={adminAddress()}>
      {children}
    </Shell>
  );
}
