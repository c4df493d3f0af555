// The daemon's stages in memory, just large enough to serve the API honestly: real catalogue and parser, jobs in a list.
import { Writable } from 'node:stream';
import { createAccounts } from '#core/accounts/open-accounts.ts';
import type { ApiDependencies, HealthReport, SessionDependencies } from '#core/api/deps.ts';
import { createMetrics } from '#core/api/metrics.ts';
import { OssiaError } from '#core/errors.ts';
import type { Receipt } from '#core/ingest/ingest.ts';
import { createLog } from '#core/log.ts';
import { describeCatalogue } from '#core/map/catalogue.ts';
import { parseEvent } from '#core/map/parse-event.ts';
import { type Account, laneOf, nasKeyOf, nasRefOf } from '#core/model/account.ts';
import { endedStates, type Job } from '#core/model/job.ts';
import type { Nas, NasStatus } from '#core/plugin-host/nas.ts';
import { createSessionActions } from '#core/sessions/actions.ts';
import type { ReconcileReport } from '#core/sessions/reconcile.ts';
import type { AuditRecord, JobFilter, JournalEntry, KnownAccount, RecordPage } from '#core/store/store.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { limits } from '#test/support/scripted-nas.ts';
import { type SessionBookInMemory, sessionBook } from '#test/support/session-book.ts';

export interface MemoryWorld {
  readonly deps: ApiDependencies;
  readonly jobs: Job[];
  readonly journal: JournalEntry[];
  readonly book: SessionBookInMemory;
  readonly accounts: Map<string, Account>;
  readonly records: Map<string, KnownAccount>;
  /** How bras-1 answers. */
  readonly box: { run: Nas['run'] };
  health: HealthReport;
  /** Thrown by the next submits; null = none. */
  failure: Error | null;
  /** Called when a submit begins; it answers when this resolves. */
  beforeSubmit: () => Promise<void>;
  change(id: string, patch: Partial<Job>): Job;
  readonly logged: () => string;
}

export function memoryWorld({ level = 'info' }: { level?: 'info' | 'debug' } = {}): MemoryWorld {
  const jobs: Job[] = [];
  const journal: JournalEntry[] = [];
  const audited: AuditRecord[] = [];
  const book = sessionBook();
  const accounts = new Map<string, Account>();
  const events = new Map<string, string[]>();
  const listeners = new Set<(job: Job) => void>();
  let logText = '';
  const to = new Writable({
    write(chunk, _encoding, done) {
      logText += String(chunk);
      done();
    },
  });
  const log = createLog({ level, to });
  const metrics = createMetrics();

  const box = { run: bras.run };
  const own: Nas = { ...bras, run: (run) => box.run(run) };

  const world: MemoryWorld = {
    jobs,
    journal,
    book,
    accounts,
    records: new Map(),
    box,
    health: { phase: 'running', checks: [{ name: 'store', ok: true, detail: '' }] },
    failure: null,
    beforeSubmit: async () => undefined,
    logged: () => logText,
    change(id, patch) {
      const index = jobs.findIndex((job) => job.id === id);
      const job = jobs[index];
      if (job === undefined) throw new OssiaError('not_found', `There is no job ${id}.`);
      const changed = { ...job, ...patch };
      jobs[index] = changed;
      for (const listener of listeners) listener(changed);
      return changed;
    },
    deps: {
      ingest: {
        async submit(items, source, note) {
          await world.beforeSubmit();
          if (world.failure !== null) throw world.failure;
          return items.map((item) => {
            const receipt = take(item, source);
            if (note === undefined || receipt.type !== 'accepted') return receipt;
            for (const jobId of receipt.jobs)
              journal.push({ jobId, at: Date.now(), attempt: 0, kind: 'note', via: source, ...note });
            return receipt;
          });
        },
        submitSession: () => Promise.reject(new OssiaError('internal', 'no sessions here')),
      },
      store: {
        jobs: async (filter) => [...jobs].reverse().filter(matches(filter)).slice(0, filter.limit),
        job: async (id) => jobs.find((job) => job.id === id),
        journal: async (id) => journal.filter(({ jobId }) => jobId === id),
        account: async (userId) => accounts.get(userId),
        audit: async () => audited.toReversed(),
      },
      directory: {
        find: ({ nas_ip }) => (nas_ip === '10.0.0.1' ? own : undefined),
        get: (name) => (name === 'bras-1' ? own : undefined),
        list: () => [refused, { ...live, nas: own }],
        onChange: () => () => undefined,
      },
      plugins: { list: async () => [], reload: notHere, rehearse: notHere },
      shadows: async () => [],
      audit: async () => undefined,
      control: {
        async retry(id, by) {
          if (jobs.find((job) => job.id === id)?.state === 'done')
            throw new OssiaError('conflict', `Job ${id} is done; there is nothing to retry.`);
          return world.change(id, { state: 'waiting', reason: `retried by ${by}` });
        },
        async skip(id, { by, reason }) {
          return world.change(id, { state: 'skipped', reason: `skipped by ${by}: ${reason}` });
        },
        bulk: notHere,
        holderOf: () => undefined,
      },
      onJobChange(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      ...accountParts(),
      accounts: createAccounts({
        store: {
          record: async (userId) => world.records.get(userId),
          recordPage: async (page) => [...world.records.values()].filter(isOn(page)).slice(0, page.limit),
          applied: async (userId) =>
            new Map([[world.records.get(userId)?.nasKey ?? '', world.records.get(userId)?.applied ?? {}]]),
          jobs: async (filter) => [...jobs].reverse().filter(matches(filter)).slice(0, filter.limit),
          journal: async (id) => journal.filter(({ jobId }) => jobId === id),
        },
        directory: { find: (ref) => world.deps.directory.find(ref) },
        catalogue,
        taking: { put: notHere, load: notHere },
        unknownIn: (transport) => (transport === 'coa' ? 'coa: whether the box would agree is not known' : undefined),
        clock: Date.now,
      }),
      gateOf: (name) => ({
        running: 0,
        waiting: jobs.filter(({ state }) => !endedStates.has(state)).length,
        breaker: name === 'bras-1' ? 'open' : 'closed',
        nextProbeAt: name === 'bras-1' ? Date.UTC(2026, 10, 21, 20) : 0,
      }),
      usageOf: (name) =>
        name === 'bras-1' ? { runs: 4, calls: 8, runMs: 1500, cpuMs: 10, memoryBytes: 2_000_000 } : null,
      sessions: null,
      reconcile: {
        sync: ({ nas, anyShare = false }) =>
          nas === 'bras-1'
            ? Promise.resolve({ ...syncReport, ...(anyShare && { result: 'done', reason: '', closed: 3, missing: 0 }) })
            : Promise.reject(new OssiaError('not_found', `There is no NAS profile ${nas}.`)),
      },
      health: () => world.health,
      hooks: describeCatalogue(catalogue),
      metrics: metrics.page,
      version: '0.1.0',
      log,
    },
  };

  Object.assign(world.deps, {
    sessions: {
      book,
      actions: createSessionActions({
        ...world.deps,
        ...world.deps.control,
        book,
        store: {
          ...world.deps.store,
          accountByLogin: async (login) => [...accounts.values()].find((account) => account['login'] === login),
          async write(changes) {
            for (const change of changes)
              if (change.type === 'audit') audited.push({ ...change.entry, id: audited.length + 1 });
            return { duplicates: new Set(), conflicts: new Set() };
          },
        },
        matchOf: (nas) => world.deps.directory.get(nas)?.profile.match,
        attempts: 2,
        warn: (message) => log.warn(message),
      }),
      ttlOf: ({ interimInterval }) => interimInterval * 3_000,
      timezone: 'Europe/Kyiv',
    } satisfies SessionDependencies,
  });

  function take(item: unknown, source: string): Receipt {
    const parsed = parseEvent(item, source, catalogue);
    if (!parsed.ok) return { type: 'rejected', fields: parsed.fields };
    const { id, hook, account } = parsed.event;
    const before = events.get(id);
    if (before !== undefined) return { type: 'accepted', event: id, jobs: before, duplicate: true };
    const now = Date.now();
    const job: Job = {
      id: String(jobs.length + 1),
      eventId: id,
      lane: laneOf(account),
      nasKey: nasKeyOf(nasRefOf(account)),
      hook,
      account,
      state: 'waiting',
      attempt: 0,
      failures: 0,
      background: false,
      notBefore: 0,
      reason: '',
      code: '',
      createdAt: now,
      updatedAt: now,
    };
    jobs.push(job);
    events.set(id, [job.id]);
    for (const listener of listeners) listener(job);
    return { type: 'accepted', event: id, jobs: [job.id], duplicate: false };
  }
  return world;
}

/** What no test here asks for says so. */
function accountParts(): Pick<ApiDependencies, 'resyncs' | 'drift' | 'pauses' | 'kv'> {
  return {
    kv: { uses: async () => [], entries: async () => [], value: async () => undefined, remove: async () => 0 },
    resyncs: {
      start: notHere,
      planned: notHere,
      get: async () => undefined,
      list: async () => [],
      items: async () => [],
      approve: notHere,
      cancel: notHere,
      rebooted: () => undefined,
      onChange: () => () => undefined,
      close: async () => undefined,
    },
    drift: {
      report: notHere,
      last: () => null,
      accounts: async () => ({ accounts: [], next: null }),
      close: async () => undefined,
    },
    pauses: {
      of: () => undefined,
      list: () => [],
      pause: notHere,
      resume: async () => false,
      onChange: () => () => undefined,
    },
  };
}

const notHere = (): Promise<never> => Promise.reject(new OssiaError('not_found', 'There is none in this world.'));

function isOn({ nasKeys, login, ip, after = '' }: RecordPage): (record: KnownAccount) => boolean {
  return ({ userId, nasKey, variables }) =>
    (nasKeys?.includes(nasKey) ?? true) &&
    (login ?? variables['login']) === variables['login'] &&
    (ip ?? variables['ip']) === variables['ip'] &&
    userId > after;
}

function matches(filter: JobFilter): (job: Job) => boolean {
  const { states, nasKeys, hook, user_id, login, eventId, lane, before, after } = filter;
  return (job) =>
    (states?.includes(job.state) ?? true) &&
    (nasKeys?.includes(job.nasKey) ?? true) &&
    (hook ?? job.hook) === job.hook &&
    (user_id ?? job.account['user_id']) === job.account['user_id'] &&
    (login ?? job.account['login']) === job.account['login'] &&
    (eventId ?? job.eventId) === job.eventId &&
    (lane ?? job.lane) === job.lane &&
    (before === undefined || BigInt(job.id) < BigInt(before)) &&
    (after === undefined || BigInt(job.id) > BigInt(after));
}

const syncReport: ReconcileReport = {
  nas: 'bras-1',
  result: 'stopped',
  reason: '3 of 10 live sessions are gone',
  live: 10,
  listed: 7,
  closed: 0,
  adopted: 1,
  missing: 3,
  unidentified: 0,
};

export const boxSecret = 'the-secret-of-the-box';

const bras: Nas = {
  name: 'bras-1',
  profile: {
    name: 'bras-1',
    file: 'nas-profiles/bras-1.yaml',
    plugin: 'mikrotik',
    match: { nas_ip: ['10.0.0.1', '10.0.0.9'], nas_identifier: ['bras-1'], nas_id: ['7'] },
    transports: { routeros: { host: '10.0.0.1', port: 8729, user: 'ossia', password: boxSecret } },
    grants: {},
    radius: { addresses: ['10.0.0.1'], secret: boxSecret, certificates: [], requireMessageAuthenticator: 'if-present' },
    limits,
    resync: {
      everyMs: null,
      onReboot: true,
      uptimeEveryMs: null,
      ratePerSecond: 20,
      mostRemoved: 0.05,
      mostMissing: 0.2,
      fullPush: false,
      deadlineMs: 60_000,
    },
    sync: { everyMs: null, graceMs: 300_000, mostClosed: 0.2, deadlineMs: 1000 },
    options: {},
    fireAuthOnStart: true,
    fireDisconnectOnStop: true,
  },
  plugin: {
    name: 'mikrotik',
    version: '1.2.0',
    hash: '3fa9',
    hooks: new Set(['user_drop', 'user_add']),
    asks: { routeros: ['/ip/*'] },
  },
  run: () => Promise.reject(new Error('nothing runs here')),
  listSessions: () => Promise.reject(new Error('nothing is listed here')),
  listUsers: () => Promise.reject(new Error('nothing is listed here')),
  uptime: async () => null,
};

const live: NasStatus = {
  name: 'bras-1',
  file: 'nas-profiles/bras-1.yaml',
  nas: bras,
  since: '2026-11-21T18:00:00.000Z',
  problem: '',
  problems: [],
  warning: '',
  trial: null,
  quarantine: null,
};

const refused: NasStatus = {
  name: 'core-2',
  file: 'nas-profiles/core-2.yaml',
  nas: null,
  since: null,
  problem: 'nas-profiles/core-2.yaml:4 transports.ssh.port: expected a port',
  problems: [{ where: 'nas-profiles/core-2.yaml:4 transports.ssh.port', problem: 'expected a port' }],
  warning: '',
  trial: null,
  quarantine: null,
};
