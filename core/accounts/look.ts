// Looks at boxes beside the queue: a few at once for each box, so that the curious do not take it from its jobs.
import { OssiaError } from '../errors.ts';
import { type Account, nasRefOf } from '../model/account.ts';
import { createMask, maskJson } from '../model/mask.ts';
import type { HookReport, Nas, NasDirectory } from '../plugin-host/nas.ts';

export interface Look {
  readonly hook: string;
  readonly account: Account;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

export type Looked =
  | { readonly type: 'ran'; readonly nas: Nas; readonly report: HookReport; readonly ms: number }
  | { readonly type: 'no profile'; readonly reason: string };

/** Neither lane, pause nor breaker is asked. Rejects with `overloaded` when enough looks at this box are under way. */
export type LookAtBox = (look: Look) => Promise<Looked>;

const mostAtOnce = 4;

export function createLooks(directory: Pick<NasDirectory, 'find'>): LookAtBox {
  const looking = new Map<string, number>();
  let last = 0;
  return async ({ hook, account, dryRun, signal }) => {
    const nas = directory.find(nasRefOf(account));
    if (nas === undefined) return { type: 'no profile', reason: unmatched(account) };
    const before = looking.get(nas.name) ?? 0;
    if (before >= mostAtOnce)
      throw new OssiaError('overloaded', `${mostAtOnce} others look at ${nas.name} right now; try again in a moment.`);
    looking.set(nas.name, before + 1);
    const began = performance.now();
    try {
      const token = `look-${++last}`;
      const report = await nas.run({ hook, account, jobId: '', attempt: 1, token, dryRun, signal });
      return { type: 'ran', nas, report: masked(report, account), ms: Math.round(performance.now() - began) };
    } finally {
      const left = (looking.get(nas.name) ?? 1) - 1;
      if (left > 0) looking.set(nas.name, left);
      else looking.delete(nas.name);
    }
  };
}

/** The profile's secrets are masked already; here goes the subscriber's own. */
function masked(report: HookReport, account: Account): HookReport {
  const mask = createMask([account['psw'] ?? '']);
  const { outcome, exchanges, value } = report;
  return {
    ...report,
    outcome: 'reason' in outcome ? { ...outcome, reason: mask(outcome.reason) } : outcome,
    exchanges: exchanges.map((exchange) => ({ ...exchange, text: mask(exchange.text) })),
    value: maskJson(mask, value),
  };
}

function unmatched(account: Account): string {
  const asked = ['nas_ip', 'nas_id'].flatMap((name) => (account[name] ? [`${name} "${account[name]}"`] : []));
  return asked.length === 0
    ? 'nothing says which box it is on: neither nas_ip nor nas_id was told'
    : `no profile matches ${asked.join(' or ')}`;
}
