/** Where clients are told that brokers are. */
import type { ListenerAddress } from "#config/address.ts";
import type { MetadataImage } from "./image.ts";

export interface BrokerEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** How a client's connection arrived. */
export interface Arrival {
  readonly listenerName: string;
  readonly localAddress: string;
  readonly localPort: number;
}

/** The addresses of the live brokers, on the listener that a client used. */
export interface BrokerDirectory {
  /** All that have an address on the listener, by id. */
  all(arrival: Arrival): readonly BrokerEndpoint[];
  /** One of them; null for one that is not alive or has no address on the listener. */
  one(nodeId: number, arrival: Arrival): BrokerEndpoint | null;
}

export interface BrokerDirectoryOptions {
  readonly view: { readonly image: MetadataImage };
  readonly nodeId: number;
  /** advertised.listeners; null where clients are told the address at which they arrived. */
  readonly advertised: readonly ListenerAddress[] | null;
}

export function brokerDirectory(options: BrokerDirectoryOptions): BrokerDirectory {
  const { view, nodeId, advertised } = options;
  const own = ({ listenerName, localAddress, localPort }: Arrival) =>
    advertised === null
      ? { host: localAddress, port: localPort }
      : advertised.find(({ name }) => name === listenerName);
  const one = (id: number, arrival: Arrival): BrokerEndpoint | null => {
    const broker = view.image.brokers.get(id);
    if (broker === undefined) return null;
    const { listenerName } = arrival;
    const address =
      id === nodeId
        ? own(arrival)
        : broker.endpoints.find((at) => at.listenerName === listenerName);
    if (address === undefined) return null;
    return { nodeId: id, host: address.host, port: address.port, rack: broker.rack };
  };
  return {
    one,
    all: (arrival) => [...view.image.brokers.keys()].flatMap((id) => one(id, arrival) ?? []),
  };
}
