/** The listeners of a node's Kafka port. */
import { createDispatch } from "#api/dispatch.ts";
import { handlers, type Services } from "#api/handlers.ts";
import { ApiProbe } from "#api/probe.ts";
import type { World } from "#io/ports.ts";
import type { ByteBudget } from "#net/byte-budget.ts";
import { DEFAULT_LIMITS, type NetLimits } from "#net/limits.ts";
import { type KafkaListener, openKafkaListener } from "#net/listener.ts";
import type { NetProbe } from "#net/probe.ts";
import type { NodeConfig } from "./node-parts.ts";

/** Opens all of them; each accepts clients when this resolves. */
export function listen(
  { loaded, metrics }: NodeConfig,
  world: World,
  services: Services,
  { budget, probe }: { readonly budget: ByteBudget; readonly probe: NetProbe },
): Promise<KafkaListener[]> {
  const { broker } = loaded;
  const { clock, scheduler, logger, network, disk } = world;
  const dispatch = createDispatch({ handlers, services, clock, probe: new ApiProbe(metrics) });
  const limits: NetLimits = {
    ...DEFAULT_LIMITS,
    connectionsMax: broker.maxConnections,
    connectionsPerAddressMax: broker.maxConnectionsPerIp,
    frameBytesMax: broker.socketRequestMaxBytes,
    idleMs: Number(broker.connectionsMaxIdleMs),
  };
  return Promise.all(
    broker.listeners.map(({ name, host, port }) =>
      openKafkaListener({
        name,
        host,
        port,
        network,
        clock,
        scheduler,
        logger,
        allocate: (length) => disk.allocate(length),
        limits,
        budget,
        probe,
        dispatch,
      }),
    ),
  );
}
