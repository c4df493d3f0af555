// The API over a real store and queue: for what operators do to many jobs, pauses and the audit.
import { onTestFinished } from 'vitest';
import { openPauses } from '#core/dispatch/open-pauses.ts';
import { jobsOf } from '#core/map/jobs-of.ts';
import type { Account } from '#core/model/account.ts';
import type { JobState } from '#core/model/job.ts';
import { openQueue } from '#core/queue/open-queue.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { memoryWorld } from './memory-world.ts';
import { runningApi } from './running-api.ts';

export const marta = { name: 'Марта', role: 'operator', token: 'token-of-marta-0123456789' } as const;
export const viewer = { name: 'screen', role: 'viewer', token: 'token-of-viewer-0123456789' } as const;

interface Ending {
  readonly state: Exclude<JobState, 'running'>;
  readonly code?: string;
}

export async function queueWorld() {
  const store = await openStore({ directory: tempDir() });
  onTestFinished(() => store.close());
  let ahead = 0;
  const clock = () => Date.now() + ahead;
  const queue = await openQueue({ store, hooks: catalogue, clock, maxWaiting: 10_000, log: () => {} });
  onTestFinished(() => queue.close());
  const pauses = await openPauses({ store, clock });
  const world = memoryWorld();
  Object.assign(world.deps, { store, control: queue, pauses });
  const running = await runningApi({ world, tokens: [marta, viewer] });
  let told = 0;

  return {
    ...running,
    store,
    queue,
    pauses,
    /** As if so much time had gone since what was before. */
    setBack: (ms: number) => {
      ahead = -ms;
    },
    /** A job that ended so, or waits. */
    async job(hook: string, account: Account, ending?: Ending): Promise<string> {
      const event = { id: `e${++told}`, hook, account, occurredAt: '2026-11-21T20:00:00+02:00', source: 'http' };
      const [id = ''] = (await queue.accept(event, jobsOf(event))).jobs;
      const [{ nasKey } = { nasKey: '' }] = jobsOf(event);
      if (ending === undefined) return id;
      const taken = queue.take(nasKey);
      if (taken?.id !== id) throw new Error(`job ${taken?.id} was taken, not ${id}`);
      const { state, code = '' } = ending;
      await queue.settle(taken, { state, reason: `стало ${state}`, code, failures: 1, notBefore: 0, journal: [] });
      return id;
    },
    async post(path: string, body: unknown, { token = marta.token }: { readonly token?: string } = {}) {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const response = await fetch(running.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: response.status, body: JSON.parse(await response.text()) as Record<string, unknown> };
    },
    async read(path: string): Promise<Record<string, unknown>> {
      const response = await running.get(path, { authorization: `Bearer ${viewer.token}` });
      return JSON.parse(await response.text()) as Record<string, unknown>;
    },
  };
}

export function at(nas_ip: string, user_id: string, more: Account = {}): Account {
  return { user_id, login: `логин${user_id}`, ip: '10.1.2.3', nas_ip, ...more };
}
