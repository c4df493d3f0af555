// Which account is meant by a word of the command line: a user_id, a login, an address or a MAC.
import { exitCodes } from './command.ts';
import type { DaemonAddress } from './daemon-address.ts';
import { ask, DaemonError, type DaemonProblem, type DaemonRequest } from './daemon-client.ts';
import { kindOf } from './sessions-check.ts';

interface Named {
  readonly address: DaemonAddress;
  readonly who: string;
  /** What the word is, when that was said. */
  readonly by: string | undefined;
  readonly query?: DaemonRequest['query'];
}

/** A word without a form of its own can be the number of an account as well as a login. */
export async function accountNamed<Answer>({ address, who, by, query = {} }: Named): Promise<Answer> {
  const path = `/v1/accounts/${encodeURIComponent(who)}`;
  const look = (kind: string) => ask<Answer>(address, { path, query: { ...query, by: kind } });
  const form = kindOf(who);
  if (by !== undefined || form !== 'login') return look(by ?? form);
  try {
    return await look('account');
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  try {
    return await look('login');
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw await nobody({ address, who, problem: error.document as DaemonProblem });
  }
}

interface Nobody {
  readonly address: DaemonAddress;
  readonly who: string;
  readonly problem: DaemonProblem;
}

/** The box may know somebody of whom the billing never told us. */
async function nobody({ address, who, problem }: Nobody): Promise<DaemonError> {
  const detail = `There is no account with the user_id or the login "${who}".`;
  const query = { login: who };
  const seen = await ask<{ count: number }>(address, { path: '/v1/sessions/count', query }).catch(() => ({ count: 0 }));
  const hint = `The billing never told of it, but ${seen.count} live ${seen.count === 1 ? 'session has' : 'sessions have'} that login: ossia sessions --login ${who}`;
  return new DaemonError({
    exitCode: exitCodes.refused,
    lines: seen.count === 0 ? [detail] : [detail, hint],
    document: { ...problem, detail },
  });
}

function isMissing(error: unknown): error is DaemonError {
  return error instanceof DaemonError && (error.document as DaemonProblem).code === 'not_found';
}
