// The accounts as the surfaces see them: found, shown, asked about at their box, and taken in.
import { OssiaError } from '../errors.ts';
import type { Catalogue } from '../map/catalogue.ts';
import type { NasDirectory } from '../plugin-host/nas.ts';
import type { Queue } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';
import type { Accounts } from './accounts.ts';

export interface AccountsOptions {
  readonly store: Store;
  readonly queue: Queue;
  readonly directory: NasDirectory;
  readonly catalogue: Catalogue;
  readonly taking: Pick<Accounts, 'put' | 'load'>;
  readonly clock: () => number;
}

export function createAccounts({ taking }: AccountsOptions): Accounts {
  const refuse = (): Promise<never> => Promise.reject(new OssiaError('conflict', 'This daemon cannot do that.'));
  return { find: refuse, show: refuse, actual: refuse, diagnose: refuse, preview: refuse, ...taking };
}
