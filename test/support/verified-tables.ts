// The tables of plugins/README.md: hooks by plugins with how each is verified, and the plugins with their peers and sources.
import { catalogue } from './catalogue.ts';
import { type VerifiedPlugin, verifiedPlugins } from './verified-hooks.ts';

const plugins = await verifiedPlugins();

export function hooksByPlugins(): string {
  const names = [...catalogue.keys()].filter((hook) => plugins.some(({ hooks }) => hooks.has(hook))).sort();
  const rows = names.map((hook) => row([`\`${hook}\``, ...plugins.map((plugin) => cellOf(plugin, hook))]));
  return [row(['hook', ...plugins.map(({ name }) => name)]), row(['---', ...plugins.map(() => ':-:')]), ...rows].join(
    '\n',
  );
}

function cellOf({ hooks, cases, verified }: VerifiedPlugin, hook: string): string {
  if (!hooks.has(hook)) return '–';
  const kinds = verified.peers.flatMap(({ kind, tests }) =>
    tests.some((one) => one.hooks.includes(hook)) ? [kind] : [],
  );
  const peer = kinds.includes('real') ? '**real**' : kinds.includes('independent') ? '*independent*' : '';
  return [peer, `${cases.get(hook) ?? 0}`].filter(Boolean).join(' ');
}

export function pluginsByPeers(): string {
  const rows = plugins.map(({ name, hooks, cases, verified, quirks }) => {
    const all = [...cases.values()].reduce((sum, count) => sum + count, 0);
    const peers = verified.peers.map(({ kind, peer }) => `${kind}: ${peer}`).join('; ') || 'none';
    return row([`[${name}](${name}/README.md)`, hooks.size, all, peers, quirks.sourced, quirks.memory]);
  });
  const head = [
    'plugin',
    'hooks',
    'cases',
    "others' programs that it was tried with",
    'quirks with a source',
    'from memory',
  ];
  return [row(head), row(['---', '--:', '--:', '---', '--:', '--:']), ...rows].join('\n');
}

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
