// GET /v1/accounts and GET /v1/accounts/{id}: what a subscriber should have, what was made of it, and what his box says.
import { z } from 'zod';
import type { ListedAccount } from '../../accounts/accounts.ts';
import { OssiaError } from '../../errors.ts';
import { networkKeys } from '../../model/network.ts';
import type { AccountRecord } from '../../model/state.ts';
import { liveOf, type Subject } from '../../sessions/analysis-subject.ts';
import { callOff } from '../call-off.ts';
import type { ApiDependencies, SessionDependencies } from '../deps.ts';
import { nasKeysOf } from '../job-query.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { accountPageSchema, accountSchema, accountView, type BoxAnswer, summaryAnswer } from '../schemas/account.ts';
import { iso } from '../schemas/job.ts';
import { sessionAnswer } from '../schemas/session.ts';
import { byField, sessionParams } from './sessions.ts';

type Needs = Pick<ApiDependencies, 'accounts' | 'control' | 'store' | 'directory' | 'gateOf' | 'pauses'> & {
  /** Null when accounting is switched off. */
  readonly sessions: SessionDependencies | null;
};

const word = z.string().min(1, 'is empty').max(200, 'is longer than 200 characters');
const mostSessions = 50;

const listQuery = z.strictObject({
  login: word.optional().describe('Exactly this one.'),
  ip: word.optional().describe('The address that the billing gave, or that a live session has.'),
  nas: word.optional().describe('Name of a profile, or the address of a box.'),
  limit: z.coerce.number('expected 1 to 1000').int('expected 1 to 1000').min(1).max(1000).default(50),
  cursor: word.optional().describe('`next_cursor` of the page before.'),
});

const showQuery = z.strictObject({
  by: byField,
  actual: z
    .stringbool({ truthy: ['true'], falsy: ['false'], error: 'expected true or false' })
    .default(false)
    .describe('true: the box is asked too, which takes as long as it takes to answer.'),
});

export function accountRoutes({ accounts, control, store, directory, gateOf, pauses, sessions }: Needs): Route[] {
  const liveSessions = async (subject: Subject) =>
    sessions === null ? [] : liveOf({ book: sessions.book, store }, subject);

  /** An address or a MAC may be known from accounting alone. */
  const find = async ({ by, value }: Subject): Promise<AccountRecord> => {
    if (by === 'account') return accounts.find({ user_id: value });
    if (by === 'login') return accounts.find({ login: value });
    if (by === 'ip' && networkKeys(value) === undefined)
      throw new OssiaError('input_invalid', `"${value}" is no address.`, {
        fields: [{ where: '?id', problem: 'expected an address like 10.1.2.3, or a prefix like 2001:db8::/56' }],
      });
    const told = by === 'mac' ? undefined : await accounts.find({ ip: value }).catch(unlessMissing);
    if (told !== undefined) return told;
    const [user_id, ...others] = new Set((await liveSessions({ by, value })).flatMap(({ userId }) => userId || []));
    if (others.length > 0) {
      const all = [user_id, ...others].join(', ');
      throw new OssiaError('conflict', `Live sessions of several accounts have the ${by} "${value}": ${all}.`);
    }
    if (user_id === undefined)
      throw new OssiaError('not_found', `There is no account, and no live session of one, with the ${by} "${value}".`);
    return accounts.find({ user_id });
  };

  const boxOf = (name: string | null): BoxAnswer | null => {
    const nas = name === null ? undefined : directory.get(name);
    if (nas === undefined) return null;
    const { breaker, nextProbeAt } = gateOf(nas.name);
    const pause = pauses.of(nas);
    return {
      breaker,
      next_probe_at: nextProbeAt === 0 ? null : iso(nextProbeAt),
      paused: pause === undefined ? null : { ...pause, since: iso(pause.since) },
    };
  };

  return [
    defineRoute({
      method: 'GET',
      path: '/v1/accounts',
      scope: 'read',
      operationId: 'listAccounts',
      summary: 'Accounts with the access that they should have, and what was not made of it.',
      query: listQuery,
      answers: { 200: { description: 'A page of accounts.', schema: accountPageSchema } },
      async handle({ query }) {
        const { login, ip, nas, limit, cursor } = query;
        const page = {
          ...(login === undefined ? {} : { login }),
          ...(ip === undefined ? {} : { ip }),
          ...(nas === undefined ? {} : { nasKeys: nasKeysOf(nas, directory) }),
          ...(cursor === undefined ? {} : { after: cursor }),
        };
        const found: ListedAccount[] = [...(await accounts.list({ ...page, limit: limit + 1 }))];
        if (ip !== undefined && found.length === 0) {
          const online = await find({ by: 'ip', value: ip }).catch(unlessMissing);
          if (online !== undefined) found.push(await accounts.show(online.userId));
        }
        const shown = found.slice(0, limit);
        const next_cursor = found.length > limit ? (shown.at(-1)?.userId ?? null) : null;
        return json(200, { accounts: shown.map(summaryAnswer), next_cursor });
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/accounts/{id}',
      scope: 'read',
      operationId: 'getAccount',
      summary:
        'What a subscriber should have, what was made of it and, when asked for, what his box says, side by side.',
      params: sessionParams,
      query: showQuery,
      answers: {
        200: { description: 'The account.', schema: accountSchema },
        404: { description: 'No such account.' },
        409: { description: 'Several accounts have this login or address; they are named.' },
      },
      async handle({ params, query, response }) {
        const { userId } = await find({ by: query.by, value: params.id });
        const [view, read, live] = await Promise.all([
          accounts.show(userId),
          query.actual ? accounts.actual(userId, callOff(response)) : null,
          liveSessions({ by: 'account', value: userId }),
        ]);
        const answers = live.slice(0, mostSessions).map(sessionAnswer);
        const { holderOf } = control;
        const box = boxOf(view.nas);
        return json(200, accountView({ view, read, box, sessions: answers, directory, holderOf }));
      },
    }),
  ];
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof OssiaError && error.code === 'not_found') return undefined;
  throw error;
}
