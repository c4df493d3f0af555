// A counter for hot paths: counting is one look-up in a Map, labels meet prom-client only when somebody scrapes.
import { Counter, type Registry } from 'prom-client';

interface TallyOptions<Label extends string> {
  readonly registry: Registry;
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
  /** Most series that it keeps; what comes on top is counted under `other` in every label. */
  readonly limit?: number;
}

export type Tally<Label extends string> = (labels: Readonly<Record<Label, string>>, by?: number) => void;

export function createTally<Label extends string>(options: TallyOptions<Label>): Tally<Label> {
  const { labels: names, limit = 20_000 } = options;
  const series = new Map<string, { readonly labels: Readonly<Record<Label, string>>; count: number }>();
  const other = Object.fromEntries(names.map((name) => [name, 'other'])) as Record<Label, string>;

  new Counter({
    name: options.name,
    help: options.help,
    labelNames: [...names],
    registers: [options.registry],
    collect() {
      this.reset();
      for (const { labels, count } of series.values()) this.inc(labels, count);
    },
  });

  function entryOf(key: string, labels: Readonly<Record<Label, string>>) {
    const entry = { labels, count: 0 };
    series.set(key, entry);
    return entry;
  }

  return (labels, by = 1) => {
    let key = '';
    for (const name of names) key += `${labels[name]}\u0000`;
    let entry = series.get(key);
    if (entry === undefined)
      entry = series.size < limit ? entryOf(key, { ...labels }) : (series.get('other') ?? entryOf('other', other));
    entry.count += by;
  };
}
