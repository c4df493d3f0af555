// A plan for people: what was read from the box, what would be sent to it, and what cannot be known without doing it.
import { exitCodes, type Io } from './command.ts';
import type { DaemonAddress } from './daemon-address.ts';
import { ask, type DaemonRequest } from './daemon-client.ts';
import { clean, type Paint, painter, type Tone } from './text.ts';

export interface ExchangeView {
  readonly at: string;
  readonly kind: string;
  readonly via: string;
  readonly text: string;
}

interface StepView {
  readonly hook: string;
  readonly nas: string | null;
  readonly outcome: string;
  readonly reason: string;
  readonly exchanges: readonly ExchangeView[];
  readonly unknown: readonly string[];
  readonly supersedes: readonly string[];
}

export interface PlanView {
  readonly steps: readonly StepView[];
  readonly note: string;
}

interface Planning {
  readonly address: DaemonAddress;
  /** What would be done without the dry run. */
  readonly request: DaemonRequest;
  readonly json: boolean;
  readonly io: Io;
}

export async function planInstead({ address, request, json, io }: Planning): Promise<number> {
  const found = await ask<PlanView>(address, { ...request, query: { ...request.query, dry_run: 'true' } });
  io.out(json ? `${JSON.stringify(found, null, 2)}\n` : showPlan(found, io));
  return planExitCode(found);
}

const outcomes: Readonly<Record<string, { readonly text: string; readonly tone: Tone }>> = {
  done: { text: 'would be done', tone: 'good' },
  gone: { text: 'has nothing to do', tone: 'good' },
  retry: { text: 'could not be planned to its end', tone: 'busy' },
  refused: { text: 'would be refused', tone: 'bad' },
  unsupported: { text: 'is not supported', tone: 'bad' },
  no_profile: { text: 'would be parked', tone: 'busy' },
};

export function showPlan({ steps, note }: PlanView, io: Io): string {
  const paint = painter(io);
  if (steps.length === 0) return `Nothing would be done.${note === '' ? '' : ` ${clean(note)}`}\n`;
  const lines = steps.flatMap((step) => stepLines(step, paint));
  const unknown = [...new Set(steps.flatMap((step) => step.unknown))].map((text) => `Not known: ${clean(text)}`);
  return `${[...lines, ...unknown, ...(note === '' ? [] : [clean(note)]), 'Nothing was changed, and nothing is kept.'].join('\n')}\n`;
}

/** Of all steps, the one that is worst. */
export function planExitCode({ steps }: PlanView): number {
  const found = new Set(steps.map(({ outcome }) => outcome));
  if (['refused', 'unsupported', 'no_profile'].some((outcome) => found.has(outcome))) return exitCodes.refused;
  return found.has('retry') ? exitCodes.tryLater : exitCodes.ok;
}

function stepLines(step: StepView, paint: Paint): string[] {
  const { hook, nas, outcome, reason, exchanges, supersedes } = step;
  const { text, tone } = outcomes[outcome] ?? { text: outcome, tone: 'plain' };
  const why = reason === '' ? '' : `: ${clean(reason)}`;
  const written = exchanges.some(({ kind }) => kind === 'recorded');
  const quiet =
    outcome === 'done' && !written ? ['  nothing would be sent: the box has it already, or does not need it'] : [];
  const gone = supersedes.length === 0 ? [] : [`  ${jobsText(supersedes)} would not run any more`];
  const head = `${hook}${nas === null ? '' : ` on ${clean(nas)}`} ${paint(tone, text)}${why}`;
  return [head, ...exchangeLines(exchanges, paint), ...quiet, ...gone];
}

function jobsText(ids: readonly string[]): string {
  return ids.length === 1 ? `job ${ids[0]}, which waits,` : `jobs ${ids.join(', ')}, which wait,`;
}

const kinds: Readonly<Record<string, string>> = { sent: 'asked', received: 'heard', recorded: 'WOULD', log: 'log' };

/** Texts of several lines keep their lines, indented under the first. */
export function exchangeLines(exchanges: readonly ExchangeView[], paint: Paint): string[] {
  return exchanges.flatMap(({ kind, via, text }) => {
    const head = `  ${(kinds[kind] ?? kind).padEnd(5)}  ${clean(via).padEnd(8)}  `;
    return text
      .replaceAll('\t', '    ')
      .split('\n')
      .map((line, index) => {
        const whole = ((index === 0 ? head : ' '.repeat(head.length)) + clean(line)).trimEnd();
        return paint(kind === 'recorded' ? 'plain' : 'faint', whole);
      });
  });
}
