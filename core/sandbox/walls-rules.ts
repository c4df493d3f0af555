// Which walls there are, when each of them stands by what was found from inside, and what is said of it.
import type { Layer, LayerName } from './walls-layers.ts';
import type { ProbeReport } from './walls-probe.ts';
import { threads } from './walls-root.ts';

export const wallNames = [
  'network',
  'user',
  'files',
  'processes',
  'limits',
  'descriptors',
  'memory',
  'permission model',
  'environment',
] as const;
export type WallName = (typeof wallNames)[number];

export interface WallReport {
  readonly name: WallName;
  readonly up: boolean;
  readonly needed: boolean;
  /** What holds, or what is missing and why. */
  readonly detail: string;
}

interface Rule {
  readonly stands: string;
  /** Empty when it does. */
  broken(found: ProbeReport): string;
  /** The layer that raises it; null: Node does, or we do. */
  readonly layer: LayerName | null;
  /** Not every kernel that we run on has it: told, and never a reason not to start. */
  readonly optional?: true;
}

const openFiles = 64;

const rules: Readonly<Record<WallName, Rule>> = {
  network: {
    stands: 'no network at all, not even this machine',
    broken: ({ connected, interfaces }) =>
      connected
        ? 'a worker can open connections'
        : interfaces.length > 0
          ? `a worker sees ${interfaces.join(', ')}`
          : '',
    layer: 'namespaces',
  },
  user: {
    stands: 'no privileges, none to be had, and not root',
    broken: ({ uid, canGain }) => (uid === 0 ? 'a worker is root' : canGain ? 'a worker can gain privileges' : ''),
    layer: 'privileges',
  },
  files: {
    stands: 'a root of its own, read-only: Node, its libraries and the engine, nothing else',
    broken: ({ files }) => (files.length === 0 ? '' : `the system would let a worker open ${files.join(', ')}`),
    layer: 'root',
  },
  processes: {
    stands: `sees and signals no other process; ${threads} threads`,
    broken: ({ alone, processes }) =>
      !alone
        ? 'a worker sees other processes and can signal those of its user'
        : processes === threads
          ? ''
          : `a worker may have ${processes} processes`,
    layer: 'root',
  },
  limits: {
    stands: `${openFiles} open files, no file written, no core dump`,
    broken: (found) =>
      found.openFiles !== openFiles
        ? `a worker may open ${found.openFiles} files`
        : found.fileSize !== 0
          ? 'a worker may write files'
          : found.coreSize !== 0
            ? 'a worker may dump its memory'
            : '',
    layer: 'limits',
  },
  descriptors: {
    stands: 'none but its own pipes',
    broken: ({ inherits }) => (inherits ? 'a worker inherits what the daemon was started with' : ''),
    layer: 'calls',
  },
  memory: {
    stands: 'nothing that was written can be run',
    broken: ({ runsWritten }) =>
      runsWritten ? 'a worker can run what it has written: Linux 6.3 or newer forbids it' : '',
    layer: 'calls',
    optional: true,
  },
  'permission model': {
    stands: "Node's own: no file, no child, no thread",
    broken: ({ readFile, startChild }) =>
      readFile ? 'a worker can read files' : startChild ? 'a worker can start programs' : '',
    layer: null,
  },
  environment: {
    stands: 'empty',
    broken: ({ variables }) => (variables.length === 0 ? '' : `a worker sees ${variables.join(', ')}`),
    layer: null,
  },
};

export function reportOf(found: ProbeReport | null, missing: readonly Layer[]): WallReport[] {
  return wallNames.map((name) => judged(name, { found, missing }));
}

interface Judged {
  readonly found: ProbeReport | null;
  readonly missing: readonly Layer[];
}

function judged(name: WallName, { found, missing }: Judged): WallReport {
  const rule = rules[name];
  const needed = rule.optional !== true;
  if (found === null) return { name, needed, up: false, detail: 'a worker does not start, also without walls' };
  const broken = rule.broken(found);
  const absent = missing.find((layer) => layer.name === rule.layer);
  // From inside a namespace root looks like nobody, and is still root to the files outside.
  if (absent !== undefined)
    return { name, needed, up: false, detail: `${broken || 'cannot be raised'}: ${absent.remedy}` };
  return { name, needed, up: broken === '', detail: broken || rule.stands };
}
