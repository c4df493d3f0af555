// Pauses over the store: read once, in force from the moment that they are on disk.
import { OssiaError } from '../errors.ts';
import type { AuditEntry, Pause, Store } from '../store/store.ts';
import type { Pauses } from './pauses.ts';

export interface PausesOptions {
  readonly store: Pick<Store, 'pauses' | 'write'>;
  readonly clock: () => number;
}

export async function openPauses({ store, clock }: PausesOptions): Promise<Pauses> {
  const pauses = new Map((await store.pauses()).map((pause) => [pause.scope, pause]));
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const audit = (action: string, by: string, detail: AuditEntry['detail']) =>
    ({ type: 'audit', entry: { at: clock(), by, action, detail } }) as const;

  return {
    of({ name, plugin, beside }) {
      if (pauses.size === 0) return undefined;
      const second = beside && pauses.get(`plugin:${beside.name}`);
      return pauses.get('all') ?? pauses.get(`plugin:${plugin.name}`) ?? second ?? pauses.get(`nas:${name}`);
    },
    list: () => [...pauses.values()].sort((a, b) => a.since - b.since),
    async pause(scope, { by, reason }) {
      if (!/^(all|(nas|plugin):.+)$/s.test(scope))
        throw new OssiaError(
          'input_invalid',
          `A pause is of all, nas:<name> or plugin:<name>, not ${scope.slice(0, 64)}.`,
        );
      const pause: Pause = { scope, by, reason, since: pauses.get(scope)?.since ?? clock() };
      await store.write([{ type: 'pause', pause }, audit('pause', by, { scope, reason })]);
      pauses.set(scope, pause);
      tell();
      return pause;
    },
    async resume(scope, by) {
      const pause = pauses.get(scope);
      if (pause === undefined) return false;
      await store.write([{ type: 'resume', scope }, audit('resume', by, { scope, paused: pause.reason })]);
      pauses.delete(scope);
      tell();
      return true;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
