/** What the server of the console knows and pages need. For the server only. */

/** Where the admin API is. */
export function adminAddress(): string {
  return process.env["RUNNEL_ADMIN_ADDRESS"] ?? "127.0.0.1:9644";
}

/** The name by which the one cluster of this console stands in addresses. */
export function clusterName(): string {
  return process.env["RUNNEL_CLUSTER"] ?? "local";
}

/** The address of the first page of the cluster. */
export function clusterPath(): string {
  return `/c/${encodeURIComponent(clusterName())}`;
}
