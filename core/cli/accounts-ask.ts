// `ossia accounts info|test|mac`: asks the box about one account at once, and says what it answered or why it did not.
import { exitCodes, type Io } from './command.ts';
import type { DaemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import type { AccountSummaryView } from './show-account.ts';
import { type ExchangeView, exchangeLines } from './show-plan.ts';
import { clean, painter } from './text.ts';

const hooks = { info: 'user_info', test: 'user_test', mac: 'user_get_mac' } as const;

interface Asking {
  readonly address: DaemonAddress;
  readonly account: AccountSummaryView;
  readonly what: keyof typeof hooks;
  readonly io: Io;
  readonly json: boolean;
}

interface DiagnosisView {
  readonly hook: string;
  readonly nas: string | null;
  readonly result: string;
  readonly reason: string;
  readonly text: string;
  readonly exchanges: readonly ExchangeView[];
  readonly ms: number;
}

const words: Readonly<Record<string, string>> = {
  nothing: 'has nothing of this account',
  unsupported: 'cannot be asked this',
  unreachable: 'does not answer',
  refused: 'said no',
  failed: 'could not be asked',
};

export async function askBox({ address, account, what, io, json }: Asking): Promise<number> {
  const path = `/v1/accounts/${encodeURIComponent(account.user_id)}/diagnostics/${hooks[what]}`;
  const found = await ask<DiagnosisView>(address, { method: 'POST', path, body: {} });
  if (json) io.out(`${JSON.stringify(found, null, 2)}\n`);
  else io.out(said(found, account, io));
  if (found.result === 'answered' || found.result === 'nothing') return exitCodes.ok;
  return found.result === 'unreachable' ? exitCodes.tryLater : exitCodes.refused;
}

function said(found: DiagnosisView, account: AccountSummaryView, io: Io): string {
  const paint = painter(io);
  const { nas, hook, result, reason, text, ms } = found;
  const who = clean(account.login === '' ? account.user_id : `${account.login} (${account.user_id})`);
  if (nas === null) return `${who}: ${paint('bad', clean(reason))}\n`;
  if (result === 'answered') {
    const report = text === '' ? ['  no report'] : text.split('\n').map((line) => `  ${clean(line)}`.trimEnd());
    return `${[`${who}: ${nas} answered ${hook} in ${ms} ms`, ...report].join('\n')}\n`;
  }
  const why = reason === '' ? '' : `: ${clean(reason)}`;
  const head = `${who}: ${paint(result === 'nothing' ? 'busy' : 'bad', `${nas} ${words[result] ?? result}${why}`)}`;
  return `${[head, ...exchangeLines(found.exchanges, paint)].join('\n')}\n`;
}
