// A NAS directory whose boxes answer as a function says; for tests of what stands in front of the boxes.
import type { Profile, ProfileLimits, ResyncSettings } from '#core/config/profile.ts';
import type { Account, NasRef } from '#core/model/account.ts';
import type { Outcome } from '#core/model/outcome.ts';
import type { HookRun, Nas, NasDirectory } from '#core/plugin-host/nas.ts';

export const limits: ProfileLimits = {
  concurrency: 4,
  ratePerSecond: Number.POSITIVE_INFINITY,
  deadlineMs: 1000,
  callsPerSecond: Number.POSITIVE_INFINITY,
  attempts: 10,
  breakerFailures: 1000,
  breakerProbeMs: 20,
  guest: { memoryMb: 32, cpuMs: 100, maxCalls: 100, maxCallBytes: 65_536, maxLogLines: 100 },
};

export interface ScriptedDirectory extends NasDirectory {
  add(
    name: string,
    nasIp: string | readonly string[],
    run: (run: HookRun) => Promise<Outcome>,
    changed?: Partial<ProfileLimits>,
    resync?: Partial<ResyncSettings>,
  ): void;
  /** How `listUsers` of this box answers from now on. */
  lists(name: string, answer: Nas['listUsers']): void;
  remove(name: string): void;
  /** As when a quarantine is lifted: the same box, and yet it is worth another look. */
  letGo(name: string): void;
}

export function scriptedDirectory(): ScriptedDirectory {
  const boxes = new Map<string, Nas>();
  const lists = new Map<string, Nas['listUsers']>();
  const listeners = new Set<(name: string) => void>();
  const byIp = (ref: NasRef) => [...boxes.values()].find((nas) => nas.profile.match.nas_ip.includes(ref.nas_ip ?? ''));
  return {
    find: byIp,
    get: (name) => boxes.get(name),
    list: () => [],
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add(name, nasIp, answer, changed = {}, resync = {}) {
      const profile: Profile = {
        name,
        file: `${name}.yaml`,
        plugin: 'scripted',
        match: { nas_ip: [nasIp].flat(), nas_identifier: [], nas_id: [] },
        transports: {},
        grants: {},
        radius: null,
        limits: { ...limits, ...changed },
        resync: {
          everyMs: null,
          onReboot: true,
          uptimeEveryMs: null,
          ratePerSecond: 20,
          mostRemoved: 0.05,
          mostMissing: 0.2,
          fullPush: false,
          deadlineMs: 60_000,
          ...resync,
        },
        sync: { everyMs: null, graceMs: 300_000, mostClosed: 0.2, deadlineMs: 1000 },
        options: {},
        fireAuthOnStart: true,
        fireDisconnectOnStop: true,
      };
      const run = async (hookRun: HookRun) => {
        const outcome = await answer(hookRun);
        const spoke = outcome.type !== 'retry' || outcome.code !== 'nas_timeout';
        const exchanges = spoke
          ? [{ at: Date.now(), kind: 'received' as const, via: 'scripted', text: outcome.type }]
          : [];
        return { outcome, exchanges, value: null, stack: '', program: 'scripted@1' };
      };
      const listSessions = async () => ({ type: 'unsupported', reason: 'scripted' }) as const;
      const listUsers: Nas['listUsers'] = async (listing) =>
        lists.get(name)?.(listing) ?? { type: 'unsupported', reason: 'scripted' };
      const uptime = async () => null;
      const plugin = { name: 'scripted', version: '1', hash: '0', hooks: new Set<string>(), asks: {} };
      boxes.set(name, { name, profile, plugin, run, listSessions, listUsers, uptime });
      for (const listener of listeners) listener(name);
    },
    letGo(name) {
      for (const listener of listeners) listener(name);
    },
    lists: (name, answer) => void lists.set(name, answer),
    remove(name) {
      boxes.delete(name);
      for (const listener of listeners) listener(name);
    },
  };
}

export function accountAt(userId: number | string, nasIp: string, more: Account = {}): Account {
  return { user_id: String(userId), login: `login${userId}`, ip: '10.1.2.3', nas_ip: nasIp, ...more };
}
