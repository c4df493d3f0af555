// POST /v1/pause, POST /v1/resume and GET /v1/pauses: nothing new runs at a box, at those of a plugin, or anywhere.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import { nearest } from '../../model/did-you-mean.ts';
import type { NasDirectory } from '../../plugin-host/nas.ts';
import type { Pause } from '../../store/store.ts';
import type { ApiDependencies } from '../deps.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { iso } from '../schemas/job.ts';
import { reasonText } from '../schemas/job-bulk.ts';
import { dryRunQuery } from '../schemas/look.ts';
import { pauseAnswer, pauseListSchema, pauseSchema, resumedSchema } from '../schemas/pause.ts';

const word = z.string().min(1, 'is empty').max(200, 'is longer than 200 characters');
const which = {
  nas: word.optional().describe('Name of a profile.'),
  plugin: word.optional(),
  all: z.literal(true, { error: 'expected true' }).optional(),
};
type Which = { readonly [Key in keyof typeof which]?: string | true | undefined };
const isOne = ({ nas, plugin, all }: Which) => [nas, plugin, all].filter((way) => way !== undefined).length === 1;
const oneWay = { error: 'say what, in one way: nas, plugin, or all: true' };
const query = z.strictObject({ dry_run: dryRunQuery });

export function pauseRoutes({
  pauses,
  directory,
  log,
}: Pick<ApiDependencies, 'pauses' | 'directory' | 'log'>): Route[] {
  /** Names of the profiles in force that a pause of this scope is for. */
  const boxesOf = (scope: string): string[] =>
    directory
      .list()
      .filter(({ name, nas }) => {
        const plugins = [nas?.plugin, nas?.beside].map((plugin) => `plugin:${plugin?.name}`);
        return scope === 'all' || scope === `nas:${name}` || plugins.includes(scope);
      })
      .map(({ name }) => name)
      .sort();
  const answer = (pause: Pause) => pauseAnswer(pause, boxesOf(pause.scope));
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/pauses',
      scope: 'read',
      operationId: 'listPauses',
      summary: 'What is paused, by whom and why.',
      answers: { 200: { description: 'From old to new.', schema: pauseListSchema } },
      handle: async () => json(200, { pauses: pauses.list().map(answer) }),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/pause',
      scope: 'act',
      operationId: 'pause',
      summary: 'Let nothing new run at a box, at all boxes of a plugin, or anywhere, until it is resumed.',
      description: 'Events go on being taken, and their jobs wait; what runs ends. It holds over restarts.',
      query,
      body: z.strictObject({ ...which, reason: reasonText }).refine(isOne, oneWay),
      answers: {
        200: { description: 'It is paused, or with `dry_run` would be.', schema: pauseSchema },
        404: { description: 'No such profile or plugin.' },
      },
      async handle({ query: { dry_run: dryRun }, body: { reason, ...asked }, caller: { name: by } }) {
        const scope = scopeOf(asked);
        refuseUnknown(asked, directory);
        if (dryRun) return json(200, answer({ scope, by, reason, since: Date.now() }));
        const pause = await pauses.pause(scope, { by, reason });
        log.info({ by, scope, reason }, 'paused by an operator');
        return json(200, answer(pause));
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/resume',
      scope: 'act',
      operationId: 'resume',
      summary: 'Lift a pause; what waited runs at once.',
      query,
      body: z.strictObject({ ...which, reason: reasonText.optional() }).refine(isOne, oneWay),
      answers: {
        200: { description: 'It is lifted, or with `dry_run` would be.', schema: resumedSchema },
        409: { description: 'It is not paused.' },
      },
      async handle({ query: { dry_run: dryRun }, body: { reason, ...asked }, caller: { name: by } }) {
        const scope = scopeOf(asked);
        const pause = pauses.list().find((one) => one.scope === scope);
        const wasPaused = dryRun ? pause !== undefined : await pauses.resume(scope, by);
        if (!wasPaused) throw notPaused(scope, pauses.list());
        if (!dryRun) log.info({ by, scope, reason }, 'resumed by an operator');
        const still = directory.list().flatMap(({ name, nas }) => {
          const other = nas === null || !boxesOf(scope).includes(name) ? undefined : pauses.of(nas);
          return other === undefined || other.scope === scope ? [] : [{ nas: name, scope: other.scope }];
        });
        return json(200, { scope, since: iso(pause?.since ?? Date.now()), boxes: boxesOf(scope), still_paused: still });
      },
    }),
  ];
}

function scopeOf({ nas, plugin }: Which): string {
  return nas !== undefined ? `nas:${nas}` : plugin !== undefined ? `plugin:${plugin}` : 'all';
}

/** A pause of a name that is mistyped would hold nothing, and look as if it did. */
function refuseUnknown({ nas, plugin }: Which, directory: Pick<NasDirectory, 'list'>): void {
  const all = directory.list();
  const [name, names, what] =
    nas !== undefined
      ? [nas, all.map((one) => one.name), 'NAS profile of that name']
      : [
          plugin,
          all.flatMap(({ nas }) => [nas?.plugin, nas?.beside].flatMap((one) => one?.name ?? [])),
          'plugin of that name in force',
        ];
  if (typeof name !== 'string' || names.includes(name)) return;
  const near = nearest(name, names);
  throw new OssiaError('not_found', `There is no ${what}.${near === undefined ? '' : ` Did you mean ${near}?`}`);
}

function notPaused(scope: string, list: readonly Pause[]): OssiaError {
  const others = list.map((pause) => pause.scope).join(', ');
  return new OssiaError(
    'conflict',
    `${scope} is not paused${others === '' ? '; nothing is' : `; what is paused: ${others}`}.`,
  );
}
