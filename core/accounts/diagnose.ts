// Diagnostics: read hooks of one account, run at once beside the queue, whatever its lane, pauses or the breaker say.
import { OssiaError } from '../errors.ts';
import type { Catalogue } from '../map/catalogue.ts';
import type { Account } from '../model/account.ts';
import { nearest } from '../model/did-you-mean.ts';
import type { Diagnosis } from './accounts.ts';
import type { LookAtBox } from './look.ts';

/** Read hooks that are about one account: a payload that takes nothing is about the whole box. */
export function diagnosticsOf(catalogue: Catalogue): readonly string[] {
  return [...catalogue.values()]
    .filter(({ kind, payload }) => kind === 'read' && !payload.safeParse({}).success)
    .map(({ name }) => name);
}

interface Asked {
  readonly account: Account;
  readonly hook: string;
  readonly signal: AbortSignal;
}

interface Sources {
  readonly catalogue: Catalogue;
  readonly look: LookAtBox;
}

export async function diagnose(asked: Asked, { catalogue, look }: Sources): Promise<Diagnosis> {
  const { account, hook, signal } = asked;
  const known = diagnosticsOf(catalogue);
  if (!known.includes(hook)) {
    const near = nearest(hook, known);
    const problem = `is no diagnostic; ${near === undefined ? `there are ${known.join(', ')}` : `did you mean ${near}?`}`;
    throw new OssiaError('input_invalid', 'Nothing was asked of the box.', { fields: [{ where: '?hook', problem }] });
  }
  const looked = await look({ hook, account, dryRun: false, signal });
  if (looked.type === 'no profile') {
    const outcome = { type: 'refused', reason: looked.reason, code: 'not_found' } as const;
    return { hook, nas: null, outcome, report: null, exchanges: [], ms: 0 };
  }
  const { outcome, value, exchanges } = looked.report;
  return { hook, nas: looked.nas.name, outcome, report: value, exchanges, ms: looked.ms };
}
