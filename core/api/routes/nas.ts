// GET /v1/nas and GET /v1/nas/{name}: every profile, those that are refused included.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import { nearest } from '../../model/did-you-mean.ts';
import type { NasStatus } from '../../plugin-host/nas.ts';
import type { ApiDependencies } from '../deps.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { nasAnswer, nasListSchema, nasSchema } from '../schemas/nas.ts';

export function nasRoutes({
  directory,
  gateOf,
  usageOf,
  pauses,
}: Pick<ApiDependencies, 'directory' | 'gateOf' | 'usageOf' | 'pauses'>): Route[] {
  const answer = (status: NasStatus) =>
    nasAnswer(status, {
      gate: gateOf(status.name),
      usage: usageOf(status.name),
      pause: status.nas === null ? undefined : pauses.of(status.nas),
    });
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/nas',
      scope: 'read',
      operationId: 'listNas',
      summary: 'Every NAS profile and how it stands.',
      answers: { 200: { description: 'By name.', schema: nasListSchema } },
      async handle() {
        const sorted = directory.list().toSorted((left, right) => (left.name < right.name ? -1 : 1));
        return json(200, { nas: sorted.map(answer) });
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/nas/{name}',
      scope: 'read',
      operationId: 'getNas',
      summary: 'One NAS profile and how it stands.',
      params: z.object({ name: z.string() }),
      answers: { 200: { description: 'The NAS.', schema: nasSchema }, 404: { description: 'No such profile.' } },
      async handle({ params: { name } }) {
        const all = directory.list();
        const status = all.find((one) => one.name === name);
        if (status !== undefined) return json(200, answer(status));
        const near = nearest(
          name,
          all.map((one) => one.name),
        );
        const hint = near === undefined ? '' : ` Did you mean ${near}?`;
        throw new OssiaError('not_found', `There is no NAS profile of that name.${hint}`);
      },
    }),
  ];
}
