/** Who of a scan's partitions holds how many bytes; who was not used for longest gives them back first. */

export interface Tenant {
  /** Gives back its bytes; what they held can be read again. */
  unload(): void;
}

export class MemoryBook {
  readonly #bytesMax: number;
  /** Least recently used first. */
  readonly #held = new Map<Tenant, number>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `tenant` holds `bytes` from now on; others unload until all together fit, and `spare` besides. */
  hold(tenant: Tenant, bytes: number, spare = 0): void {
    this.#bytes += bytes - (this.#held.get(tenant) ?? 0);
    this.#held.delete(tenant);
    if (bytes > 0) this.#held.set(tenant, bytes);
    for (const [other, held] of this.#held) {
      if (this.#bytes + spare <= this.#bytesMax) return;
      if (other === tenant) continue;
      this.#held.delete(other);
      this.#bytes -= held;
      other.unload();
    }
  }
}
