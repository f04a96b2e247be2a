/** Something for each of many partitions, by topic and partition; no topic is there without one. */
export type PlaceTable<T> = Map<string, Map<number, T>>;

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

export function valueAt<T>(table: PlaceTable<T>, { topic, partition }: Place): T | undefined {
  return table.get(topic)?.get(partition);
}

/** Sets what is at a place, undefined for nothing. Returns what was there. */
export function setAt<T>(
  table: PlaceTable<T>,
  { topic, partition }: Place,
  value: T | undefined,
): T | undefined {
  const known = table.get(topic);
  const old = known?.get(partition);
  if (value !== undefined) {
    const partitions = known ?? new Map<number, T>();
    if (known === undefined) table.set(topic, partitions);
    partitions.set(partition, value);
  } else if (known?.delete(partition) === true && known.size === 0) table.delete(topic);
  return old;
}

export function* placesOf<T>(
  table: PlaceTable<T>,
): Generator<readonly [place: Place, value: T], void> {
  for (const [topic, partitions] of table) {
    for (const [partition, value] of partitions) yield [{ topic, partition }, value];
  }
}
