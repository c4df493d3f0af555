// One run of a hook for its author: what was told and answered, how it ended, what is on the box now, and where it broke.
import type { Exchange, Outcome } from '../model/outcome.ts';
import { diff, isSame } from '../plugin-kit/diff.ts';
import type { Io } from './command.ts';
import { clean, type Paint, painter, type Tone } from './text.ts';

export interface TryView {
  readonly hook: string;
  /** `acme@1.0.0#3fa9`. */
  readonly program: string;
  readonly where: string;
  /** The file that the account was taken from. */
  readonly from: string;
  readonly dry_run: boolean;
  readonly account: Readonly<Record<string, string>>;
  readonly outcome: Outcome;
  readonly exchanges: readonly Exchange[];
  readonly value: unknown;
  readonly stack: string;
  /** The author's line, ready to be shown. */
  readonly line: readonly string[];
  /** Null for a real box. */
  readonly box_state: { readonly before: unknown; readonly after: unknown } | null;
  /** What a dry run leaves open. */
  readonly unknown: readonly string[];
}

const tones: Readonly<Record<Outcome['type'], Tone>> = {
  done: 'good',
  gone: 'good',
  retry: 'busy',
  refused: 'bad',
  unsupported: 'bad',
};

export function triedText(view: TryView, io: Io): string {
  const paint = painter(io);
  const { hook, program, where, from, dry_run, account, box_state, unknown } = view;
  const variables = Object.entries(account).map(([name, value]) => `${name}=${clean(value)}`);
  const lines = [
    `${clean(program)}  ${clean(hook)} on ${clean(where)}${dry_run ? ', as a dry run' : ''}`,
    `account  ${variables.join(' ')}${from === '' ? '' : paint('faint', `  (${clean(from)})`)}`,
    ...reportLines(view, paint),
    ...(box_state === null ? [] : stateLines(box_state, paint)),
    ...unknown.map((text) => `not known: ${clean(text)}`),
  ];
  return `${lines.join('\n')}\n`;
}

type Report = Pick<TryView, 'exchanges' | 'outcome' | 'value' | 'stack' | 'line'>;

/** What was said on the way, and the end. */
export function reportLines({ exchanges, outcome, value, stack, line }: Report, paint: Paint): string[] {
  const { type } = outcome;
  const code = 'code' in outcome ? ` (${outcome.code})` : '';
  const reason = 'reason' in outcome && outcome.reason !== '' ? `: ${clean(outcome.reason)}` : '';
  return [
    ...exchanges.map((exchange) => exchangeLine(exchange, paint)),
    `${paint(tones[type], `${type}${code}`)}${reason}`,
    ...(value === null || value === undefined ? [] : [`answer  ${clean(JSON.stringify(value))}`]),
    ...line.map((text) => `    ${clean(text)}`),
    ...stack
      .split('\n')
      .filter(Boolean)
      .map((text) => paint('faint', `    ${clean(text)}`)),
  ];
}

export function stateLines(
  { before, after }: { readonly before: unknown; readonly after: unknown },
  paint: Paint,
): string[] {
  if (isSame(before, after)) return ['box      as it was'];
  const changed = diff({ wanted: before, got: after }).split('\n');
  const toneOf = (text: string): Tone => (text.startsWith('+') ? 'good' : text.startsWith('-') ? 'bad' : 'faint');
  return ['box      what changed', ...changed.map((text) => `    ${paint(toneOf(text), clean(text))}`)];
}

const arrows: Readonly<Record<Exchange['kind'], string>> = { sent: '->', received: '<-', recorded: '..', log: '--' };

function exchangeLine({ kind, via, text }: Exchange, paint: Paint): string {
  const own = kind === 'recorded' ? `${text}  (only written down)` : text;
  return `  ${paint('faint', `${arrows[kind]} ${via.padEnd(8)}`)} ${clean(own)}`;
}
