// Resyncs over the real store, queue and dispatcher, with boxes in memory; what is there is told by records and by box state.
import { openResyncs } from '#core/accounts/open-resyncs.ts';
import type { ResyncRequest } from '#core/accounts/resyncs.ts';
import type { ResyncSettings } from '#core/config/profile.ts';
import { effectsOf } from '#core/map/effects.ts';
import { nasKeyOf } from '#core/model/account.ts';
import type { ResyncRun } from '#core/model/resync.ts';
import { type AccountRecord, ratesOf, type State } from '#core/model/state.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { startStage } from '#test/support/dispatch-stage.ts';
import { type MemoryBox, memoryBox } from '#test/support/memory-box.ts';
import { scriptedDirectory } from '#test/support/scripted-nas.ts';
import { tempDir } from '#test/support/temp-dir.ts';

export const nasIp = '10.0.0.1';
const soon = () => AbortSignal.timeout(20_000);

export interface StageOptions {
  readonly dir?: string;
  readonly box?: MemoryBox;
  readonly resync?: Partial<ResyncSettings>;
  readonly now?: () => number;
}

export async function resyncStage({
  dir = tempDir(),
  box = memoryBox(),
  resync = {},
  now = Date.now,
}: StageOptions = {}) {
  const directory = scriptedDirectory();
  const addBox = (name: string, ip: string, added: MemoryBox) => {
    directory.add(name, ip, (run) => added.run(run), {}, { ratePerSecond: Number.POSITIVE_INFINITY, ...resync });
    directory.lists(name, (listing) => added.listUsers(listing));
  };
  addBox('bras-1', nasIp, box);
  const stage = await startStage(directory, dir);
  const logged: string[] = [];
  const say = (_: object, message: string) => void logged.push(message);
  const open = () =>
    openResyncs({
      store: stage.store,
      queue: stage.queue,
      boxes: directory,
      effects: effectsOf(catalogue),
      clock: now,
      log: { info: say, warn: say },
      retryMs: 20,
    });
  const resyncs = await open();
  const ended = async (id: string): Promise<ResyncRun> => {
    const signal = soon();
    for (;;) {
      const run = await resyncs.get(id);
      if (run === undefined) throw new Error(`there is no run ${id}`);
      if (!['planning', 'applying'].includes(run.state)) return run;
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const start = (asked: Partial<ResyncRequest> = {}) =>
    resyncs.start({ nas: 'bras-1', only: [], dryRun: false, by: 'ночная смена', cause: 'operator', ...asked });
  return {
    ...stage,
    directory,
    addBox,
    box,
    resyncs,
    logged,
    ended,
    start,
    async resync(asked: Partial<ResyncRequest> = {}) {
      const { id } = await start(asked);
      return ended(id);
    },
    items: (id: string) => resyncs.items(id, { after: 0, limit: 10_000 }),
    async should(userId: string, desired: State, more: Readonly<Record<string, string>> = {}) {
      const before = await stage.store.record(userId);
      await stage.store.write([
        {
          type: 'account',
          account: { type: 'replace', record: recordOf(userId, desired, more), ifVersion: before?.version ?? 0 },
        },
      ]);
    },
    async close() {
      await resyncs.close();
      await stage.stop();
    },
  };
}

export function recordOf(userId: string, desired: State, more: Readonly<Record<string, string>> = {}): AccountRecord {
  const variables = { user_id: userId, login: `абонент-${userId}`, ip: ipOf(userId), nas_ip: nasIp, ...more };
  return {
    userId,
    variables,
    nasKey: nasKeyOf(variables),
    desired,
    version: 1,
    goneAt: desired['exists'] === 'false' ? 1 : 0,
    updatedAt: Date.now(),
  };
}

function ipOf(userId: string): string {
  const n = Number(userId) || 0;
  return `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
}

/** Makes the box have it as if every hook had come. */
export function put(box: MemoryBox, userId: string, state: State, more: Readonly<Record<string, string>> = {}): void {
  box.state.set(userId, { ...state });
  const { variables } = recordOf(userId, state, more);
  box.variables.set(userId, { ...variables, ...ratesOf(state['rate']) });
}
