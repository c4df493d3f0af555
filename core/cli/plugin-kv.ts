// `ossia plugin kv`: what plugins keep for themselves, its keys and values, and removing it by hand.
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { addressHelp, addressOptions, type DaemonAddress, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { clean, localTime, table } from './text.ts';

const help = `usage: ossia plugin kv [NAS [--plugin NAME] [--prefix TEXT | --key KEY]]
       ossia plugin kv NAS --remove --key KEY|--prefix TEXT|--all --reason WHY [--plugin NAME] [--dry-run]

Lists which plugins keep something for themselves, of which boxes and how much; the keys that one keeps of NAS; or the value of KEY.
With --remove the plugin has lost it, and does as it does on a new box. Who did it and why stands in "ossia audit".

  --plugin NAME       when several plugins keep something of NAS, one after the other
  --dry-run           say how many keys it would be
${addressHelp}`;

const options = {
  ...addressOptions,
  plugin: 'value',
  prefix: 'value',
  key: 'value',
  all: 'flag',
  remove: 'flag',
  reason: 'value',
  'dry-run': 'flag',
} as const;

interface UseView {
  readonly nas: string;
  readonly plugin: string;
  readonly keys: number;
  readonly bytes: number;
  readonly used_at: string;
}

interface EntryView {
  readonly key: string;
  readonly bytes: number;
  readonly updated_at: string;
  readonly expires_at: string | null;
}

type Given = Readonly<Partial<Record<keyof typeof options, string>>>;

export const pluginKv: Command = {
  help,
  async run(argv, io) {
    const { words, options: given } = readArguments(argv, { options, words: 1 });
    const [nas] = words;
    const isRemoval = given.remove !== undefined;
    if (nas === undefined && (isRemoval || given.key !== undefined || given.prefix !== undefined))
      throw new UsageError('say which box: NAS');
    if (!isRemoval && (given.all !== undefined || given.reason !== undefined || given['dry-run'] !== undefined))
      throw new UsageError('--all, --reason and --dry-run go with --remove');
    if (isRemoval && given.reason === undefined) throw new UsageError('say why with --reason; it stands in the audit');
    const address = await daemonAddress(given);
    const { kv } = await ask<{ readonly kv: readonly UseView[] }>(address, { path: '/v1/kv' });
    if (nas === undefined) return show(io, given, { kv }, () => uses(kv, io));
    const path = `/v1/kv/${encodeURIComponent(nas)}/${encodeURIComponent(pluginOf(kv, { nas, named: given.plugin }))}`;
    if (isRemoval) return remove(io, { given, address, path });
    if (given.key !== undefined) {
      const answer = await ask<{ readonly value: unknown }>(address, {
        path: `${path}/value`,
        query: { key: given.key },
      });
      return show(io, given, answer, () => `${clean(JSON.stringify(answer.value))}\n`);
    }
    const entries = await entriesOf(address, path, given.prefix);
    return show(io, given, { entries }, () => list(entries, io));
  },
};

function show(io: Io, { json }: Given, answer: object, text: () => string): number {
  io.out(json === undefined ? text() : `${JSON.stringify(answer, null, 2)}\n`);
  return exitCodes.ok;
}

/** The only one that keeps something of this box, when none is named. */
function pluginOf(
  kv: readonly UseView[],
  { nas, named }: { readonly nas: string; readonly named?: string | undefined },
) {
  if (named !== undefined) return named;
  const plugins = kv.filter((use) => use.nas === nas).map(({ plugin }) => plugin);
  const [only] = plugins;
  if (only === undefined) throw new UsageError(`no plugin keeps anything of ${nas}`);
  if (plugins.length > 1) throw new UsageError(`several plugins do: say --plugin ${plugins.join(' or ')}`);
  return only;
}

async function entriesOf(address: DaemonAddress, path: string, prefix: string | undefined): Promise<EntryView[]> {
  const all: EntryView[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = { prefix, cursor, limit: '1000' };
    const answer = await ask<{ entries: readonly EntryView[]; next_cursor: string | null }>(address, { path, query });
    all.push(...answer.entries);
    if (answer.next_cursor === null) return all;
    cursor = answer.next_cursor;
  }
}

async function remove(
  io: Io,
  { given, address, path }: { readonly given: Given; readonly address: DaemonAddress; readonly path: string },
): Promise<number> {
  const { key, prefix, reason } = given;
  const isTry = given['dry-run'] !== undefined;
  const flags = { all: given.all === undefined ? undefined : 'true', dry_run: isTry ? 'true' : undefined };
  const query = { key, prefix, reason, ...flags };
  const answer = await ask<{ readonly removed: number }>(address, { method: 'DELETE', path, query });
  const keys = `${answer.removed} ${answer.removed === 1 ? 'key' : 'keys'}`;
  return show(io, given, answer, () => `${isTry ? `would remove ${keys}` : `removed ${keys}`}\n`);
}

function uses(rows: readonly UseView[], io: Io): string {
  if (rows.length === 0) return 'no plugin keeps anything\n';
  return table(rows, {
    io,
    columns: [
      { title: 'NAS', text: ({ nas }) => nas },
      { title: 'PLUGIN', text: ({ plugin }) => plugin },
      { title: 'KEYS', text: ({ keys }) => String(keys), align: 'right' },
      { title: 'BYTES', text: ({ bytes }) => String(bytes), align: 'right' },
      { title: 'IN USE', text: ({ used_at }) => localTime(used_at) },
    ],
  });
}

function list(rows: readonly EntryView[], io: Io): string {
  if (rows.length === 0) return 'there is no such key\n';
  return table(rows, {
    io,
    columns: [
      { title: 'UPDATED', text: ({ updated_at }) => localTime(updated_at) },
      { title: 'EXPIRES', text: ({ expires_at }) => (expires_at === null ? '-' : localTime(expires_at)) },
      { title: 'BYTES', text: ({ bytes }) => String(bytes), align: 'right' },
      { title: 'KEY', text: ({ key }) => key },
    ],
  });
}
