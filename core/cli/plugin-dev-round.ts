// One look at a plugin after a save: types and cases beside one another, each in a program of its own, since Node reads a file once.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { FieldProblem } from '../errors.ts';
import type { PluginReport } from '../plugin-kit/try-plugin.ts';
import { findCompiler, typeCheck } from '../plugin-kit/type-check.ts';

export interface Round {
  /** What changed; empty: the first. */
  readonly files: readonly string[];
  /** Null: TypeScript is not installed. */
  readonly types: readonly FieldProblem[] | null;
  /** Null: the plugin did not load. */
  readonly report: PluginReport | null;
  /** Why it did not, a line for each mistake. */
  readonly refusal: readonly string[];
  readonly ms: number;
}

interface RoundsInput {
  readonly folder: string;
  readonly only: string | undefined;
  readonly engine: 'sandbox' | 'in-process';
  onRound(round: Round): void;
}

export interface Rounds {
  /** What is under way is given up: it is of files that are no more. */
  begin(files: readonly string[]): void;
  close(): Promise<void>;
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
/** No case waits for longer than its deadline; this is for a plugin that never lets go. */
const longestMs = 300_000;

export function createRounds({ folder, only, engine, onRound }: RoundsInput): Rounds {
  const compiler = findCompiler();
  let current = new AbortController();
  let working: Promise<void> = Promise.resolve();

  async function round(files: readonly string[], signal: AbortSignal): Promise<void> {
    const began = performance.now();
    const [types, tried] = await Promise.all([
      compiler === null ? null : typeCheck({ folder, compiler, signal }).catch(asProblem),
      runCases({ folder, only, engine, signal }),
    ]);
    if (signal.aborted) return;
    onRound({ files, types, ...tried, ms: Math.round(performance.now() - began) });
  }

  return {
    begin(files) {
      current.abort();
      current = new AbortController();
      const { signal } = current;
      // The one before has ended its programs when it is awaited.
      working = working.then(() => (signal.aborted ? undefined : round(files, signal)));
    },
    async close() {
      current.abort();
      await working;
    },
  };
}

function asProblem(error: unknown): readonly FieldProblem[] {
  return [{ where: 'types', problem: error instanceof Error ? error.message : String(error) }];
}

type Tried = Pick<Round, 'report' | 'refusal'>;

interface CasesInput extends Omit<RoundsInput, 'onRound'> {
  readonly signal: AbortSignal;
}

async function runCases({ folder, only, engine, signal }: CasesInput): Promise<Tried> {
  const how = engine === 'in-process' ? ['--in-process'] : [];
  const which = only === undefined ? [] : ['--only', only];
  const argv = [main, 'plugin', 'test', folder, '--cases', '--json', ...how, ...which];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'], timeout: longestMs });
  const end = () => child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const failed = new Promise<string>((done) => child.once('error', (error) => done(error.message)));
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  try {
    const [out, err] = await Promise.race([said, failed.then((why) => ['', why] as const)]);
    return parse(out) ?? { report: null, refusal: linesOf(err, 'the cases came to no end') };
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** What `plugin test --json` printed: a report, or why there is none. */
function parse(out: string): Tried | undefined {
  try {
    const answer = JSON.parse(out) as PluginReport | { readonly detail: string };
    return 'cases' in answer
      ? { report: answer, refusal: [] }
      : { report: null, refusal: linesOf(answer.detail, 'it does not load') };
  } catch {
    return undefined;
  }
}

function linesOf(words: string, otherwise: string): readonly string[] {
  const lines = words.split('\n').filter((line) => line.trim() !== '');
  return lines.length === 0 ? [otherwise] : lines;
}
