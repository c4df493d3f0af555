// From an event as it came, hostile, to a parsed one, or to every field that is wrong with it.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { FieldProblem } from '../errors.ts';
import type { Account } from '../model/account.ts';
import { nearest } from '../model/did-you-mean.ts';
import type { OssiaEvent } from '../model/event.ts';
import type { HookDefinition } from '../model/hook.ts';
import type { Catalogue } from './catalogue.ts';
import { problemsOf } from './wording.ts';

export type ParsedEvent =
  | { readonly ok: true; readonly event: OssiaEvent; readonly hook: HookDefinition }
  | { readonly ok: false; readonly fields: readonly FieldProblem[] };

/** The sender's own, by which the same is taken once. */
export const eventId = z
  .string()
  .min(1, 'is empty')
  .max(200, 'is longer than 200 characters')
  .refine((id) => id.isWellFormed(), 'is not Unicode: half of a surrogate pair; two such ids would be one');

const envelope = z.strictObject({
  id: eventId.optional(),
  hook: z.string(),
  account: z.record(z.string(), z.unknown()),
  occurred_at: z.iso
    .datetime({ offset: true, error: 'expected ISO 8601 with offset, like 2026-11-21T20:00:00+02:00' })
    .optional(),
});

const unknownField = () => "is not a field of an event; the billing's variables go into account";

export function parseEvent(input: unknown, source: string, catalogue: Catalogue): ParsedEvent {
  const outer = envelope.safeParse(input);
  const problems: FieldProblem[] = outer.success
    ? []
    : outer.error.issues.flatMap((issue) => problemsOf(issue, { prefix: '', sent: input, unknown: unknownField }));
  const loose = typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
  const hook = typeof loose['hook'] === 'string' ? catalogue.get(loose['hook']) : undefined;
  if (typeof loose['hook'] === 'string') problems.push(...hookProblems(loose['hook'], hook, catalogue));
  const account = hook?.payload.safeParse(loose['account'] ?? {});
  if (account?.success === false && (outer.success || typeof loose['account'] === 'object'))
    problems.push(
      ...account.error.issues.flatMap((issue) =>
        problemsOf(issue, { prefix: '/account', sent: loose['account'], unknown: unknownField }),
      ),
    );
  if (problems.length > 0 || !outer.success || hook === undefined || account?.success !== true)
    return { ok: false, fields: problems };
  return {
    ok: true,
    hook,
    event: {
      id: outer.data.id ?? randomUUID(),
      hook: hook.name,
      account: sentVariables(account.data as Account, outer.data.account),
      occurredAt: outer.data.occurred_at ?? new Date().toISOString(),
      source,
    },
  };
}

/** A variable sent as null is one that was not sent. */
function sentVariables(parsed: Account, sent: Readonly<Record<string, unknown>>): Account {
  const account: Record<string, string> = {};
  for (const [name, value] of Object.entries(parsed))
    if (sent[name] !== null && value !== undefined) account[name] = value;
  return account;
}

function hookProblems(name: string, hook: HookDefinition | undefined, catalogue: Catalogue): FieldProblem[] {
  if (hook === undefined) {
    const near = nearest(name, [...catalogue.keys()]);
    return [
      {
        where: '/hook',
        problem: `there is no hook "${name.slice(0, 64)}"${near === undefined ? '; GET /v1/hooks lists them' : `; did you mean ${near}?`}`,
      },
    ];
  }
  if (hook.kind === 'change') return [];
  return [
    {
      where: '/hook',
      problem:
        hook.kind === 'read'
          ? `${name} only reads and does not queue`
          : `${name} runs around other hooks and cannot be sent`,
    },
  ];
}
