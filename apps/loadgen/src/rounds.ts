/** Rounds of one load against two servers in turn, and what they come to. */

export interface Figures {
  /** In the load's unit; more is better unless the load says otherwise. */
  readonly value: number;
  /** CPU time of the server per request, µs. */
  readonly cpuMicros: number;
  /** Of the latencies, ms, where the load is about them. */
  readonly percentiles?: Percentiles;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface Contest {
  readonly name: string;
  readonly unit: string;
  /** What the median of the ratios should reach: at least, or for "lower" at most; null for nothing. */
  readonly reach: number | null;
  readonly better: "higher" | "lower";
  readonly rounds: number;
  floor(round: number): Promise<Figures>;
  runnel(round: number): Promise<Figures>;
  /** The same load on an Apache Kafka; null where there is none. */
  readonly kafka: ((round: number) => Promise<Figures>) | null;
  /** What the two sides are called; left out: Runnel and the floor. */
  readonly names?: SideNames;
}

export interface SideNames {
  readonly floor: string;
  readonly runnel: string;
}

const SIDES: SideNames = { floor: "floor", runnel: "Runnel" };

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface ContestResult {
  readonly name: string;
  readonly names: SideNames;
  readonly unit: string;
  readonly reach: number | null;
  readonly better: "higher" | "lower";
  /** Null where nothing is asked. */
  readonly isReached: boolean | null;
  readonly ratio: Spread;
  readonly floor: Spread;
  readonly runnel: Spread;
  /** Null where no Apache Kafka took part; and what Runnel's figure is to its, round by round. */
  readonly kafka: Spread | null;
  readonly ratioToKafka: Spread | null;
  readonly floorCpuMicros: number;
  readonly runnelCpuMicros: number;
  /** Medians of the percentiles; null where the load is about something else. */
  readonly latency: { readonly floor: Percentiles; readonly runnel: Percentiles } | null;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] as number;
  return {
    min: at(0),
    median: at(Math.floor(sorted.length / 2)),
    max: at(sorted.length - 1),
  };
}

/** Runs both in turn, floor first and Runnel first by rounds, and compares them pair by pair. */
export async function contend(
  contest: Contest,
  tell: (line: string) => void,
): Promise<ContestResult> {
  const floor: Figures[] = [];
  const runnel: Figures[] = [];
  const kafka: Figures[] = [];
  for (let round = 0; round < contest.rounds; round += 1) {
    const runFloor = async () => floor.push(await contest.floor(round));
    const runRunnel = async () => runnel.push(await contest.runnel(round));
    const { kafka: rival } = contest;
    const runKafka = async () => rival !== null && kafka.push(await rival(round));
    const order = round % 2 === 0 ? [runFloor, runRunnel] : [runRunnel, runFloor];
    for (const run of order) await run();
    await runKafka();
    tell(`  round ${round + 1} of ${contest.rounds}`);
  }
  const ratio = spreadOf(runnel.map((one, at) => one.value / (floor[at] as Figures).value));
  const { name, unit, reach, better, names = SIDES } = contest;
  return {
    name,
    names,
    unit,
    reach,
    better,
    isReached: isReached(ratio.median, contest),
    ratio,
    floor: spreadOf(floor.map((one) => one.value)),
    runnel: spreadOf(runnel.map((one) => one.value)),
    kafka: kafka.length === 0 ? null : spreadOf(kafka.map((one) => one.value)),
    ratioToKafka:
      kafka.length === 0
        ? null
        : spreadOf(runnel.map((one, at) => one.value / (kafka[at] as Figures).value)),
    floorCpuMicros: spreadOf(floor.map((one) => one.cpuMicros)).median,
    runnelCpuMicros: spreadOf(runnel.map((one) => one.cpuMicros)).median,
    latency: latencyOf(floor, runnel),
  };
}

function isReached(ratio: number, { reach, better }: Contest): boolean | null {
  if (reach === null) return null;
  return better === "higher" ? ratio >= reach : ratio <= reach;
}

function latencyOf(
  floor: readonly Figures[],
  runnel: readonly Figures[],
): ContestResult["latency"] {
  const [floorMedians, runnelMedians] = [medians(floor), medians(runnel)];
  if (floorMedians === null || runnelMedians === null) return null;
  return { floor: floorMedians, runnel: runnelMedians };
}

function medians(figures: readonly Figures[]): Percentiles | null {
  const all = figures.flatMap(({ percentiles }) => (percentiles === undefined ? [] : percentiles));
  if (all.length === 0) return null;
  const median = (name: keyof Percentiles) => spreadOf(all.map((each) => each[name])).median;
  return { p50: median("p50"), p99: median("p99"), p999: median("p999") };
}
