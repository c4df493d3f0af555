// GET /healthz, /readyz and /metrics: for supervisors, load balancers and Prometheus.
import { z } from 'zod';
import type { ApiDependencies } from '../deps.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { named } from '../schemas/registry.ts';

const aliveSchema = named('Alive', z.object({ status: z.literal('alive'), version: z.string() }));

const readinessSchema = named(
  'Readiness',
  z.object({
    status: z.enum(['ready', 'starting', 'stopping', 'not ready']),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  }),
);

export function healthRoutes({
  health,
  metrics,
  version,
}: Pick<ApiDependencies, 'health' | 'metrics' | 'version'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/healthz',
      scope: 'open',
      operationId: 'health',
      summary: 'Whether the process answers at all.',
      answers: { 200: { description: 'It does.', schema: aliveSchema } },
      handle: async () => json(200, { status: 'alive', version }),
    }),
    defineRoute({
      method: 'GET',
      path: '/readyz',
      scope: 'open',
      operationId: 'readiness',
      summary: 'Whether events are taken and run.',
      answers: {
        200: { description: 'Ready.', schema: readinessSchema },
        503: { description: 'Not ready, and why.', schema: readinessSchema },
      },
      async handle() {
        const { phase, checks } = health();
        if (phase !== 'running') return json(503, { status: phase, checks });
        const ready = checks.every(({ ok }) => ok);
        return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', checks });
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/metrics',
      scope: 'read',
      operationId: 'metrics',
      summary: 'Metrics in the text format of Prometheus.',
      answers: { 200: { description: 'The metrics.', contentType: 'text/plain' } },
      handle: async () => ({ status: 200, text: await metrics.text(), contentType: metrics.contentType }),
    }),
  ];
}
