// The accounts as the surfaces see them: found, shown, asked about at their box, and taken in.
import type { Catalogue } from '../map/catalogue.ts';
import { effectsOf } from '../map/effects.ts';
import { mapEvent, mapExistence, needsRecord } from '../map/map-event.ts';
import { parseEvent } from '../map/parse-event.ts';
import type { Account } from '../model/account.ts';
import type { OssiaEvent } from '../model/event.ts';
import type { HookDefinition } from '../model/hook.ts';
import { type AccountRecord, variablesOf } from '../model/state.ts';
import type { NasDirectory } from '../plugin-host/nas.ts';
import { supersedingBy } from '../queue/superseding.ts';
import type { Store } from '../store/store.ts';
import type { Accounts } from './accounts.ts';
import { actualOf } from './actual.ts';
import { diagnose } from './diagnose.ts';
import { findAccount } from './find-account.ts';
import { createLooks } from './look.ts';
import { previewOf } from './preview.ts';
import { listed, viewOf } from './view.ts';

export interface AccountsOptions {
  readonly store: Pick<Store, 'record' | 'recordPage' | 'applied' | 'jobs' | 'journal'>;
  readonly directory: Pick<NasDirectory, 'find'>;
  readonly catalogue: Catalogue;
  readonly taking: Pick<Accounts, 'put' | 'load'>;
  readonly unknownIn: (transport: string) => string | undefined;
  readonly clock: () => number;
}

/** The hook whose report has the account's state on the box, where the plugin says so. */
const infoHook = 'user_info';

export function createAccounts(options: AccountsOptions): Accounts {
  const { store, directory, catalogue, taking, clock } = options;
  const look = createLooks(directory);
  const record = (userId: string) => findAccount({ user_id: userId }, store);
  const superseding = supersedingBy(catalogue);
  const effects = effectsOf(catalogue);
  const preview: Accounts['preview'] = (steps, signal) => previewOf(steps, { ...options, look, superseding }, signal);
  /** As it would be taken in now. */
  const stepsOf = async ({ event, hook }: { event: OssiaEvent; hook: HookDefinition }) => {
    const at = clock();
    if (!needsRecord({ hook, event })) return mapEvent({ event, hook, at }).drafts;
    const before = await store.record(event.account['user_id'] ?? '');
    return mapExistence({ event, hook, at, before, effects }).drafts;
  };
  return {
    find: (name) => findAccount(name, store),
    show: async (userId) => viewOf(await record(userId), { store, directory, catalogue }),
    async list(page) {
      return (await store.recordPage(page)).map((known) => listed(known, directory));
    },
    async actual(userId, signal) {
      const known = await record(userId);
      const looked = await look({ hook: infoHook, account: accountOf(known), dryRun: false, signal });
      return actualOf(looked, known, clock());
    },
    async diagnose({ userId, hook, signal }) {
      return diagnose({ account: accountOf(await record(userId)), hook, signal }, { catalogue, look });
    },
    preview,
    async plan(event, signal) {
      const parsed = parseEvent(event, 'plan', catalogue);
      if (!parsed.ok) return { type: 'rejected', fields: parsed.fields };
      return { type: 'planned', steps: await preview(await stepsOf(parsed), signal) };
    },
    ...taking,
  };
}

/** As a job would carry it; a whole state is told under its user_id, not with it. */
function accountOf(record: AccountRecord): Account {
  return { ...variablesOf(record), user_id: record.userId };
}
