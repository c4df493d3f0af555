// All accounts, or those of some boxes, page by page: the next is read while one is looked at, and others run in between.
import { setImmediate as breathe } from 'node:timers/promises';
import type { KnownAccount, Store } from '../store/store.ts';

interface Pages {
  readonly store: Pick<Store, 'recordPage'>;
  readonly nasKeys?: readonly string[];
  readonly after?: string;
  readonly signal: AbortSignal;
}

/** So many rows are looked at in a few milliseconds. */
const limit = 1000;

export async function* recordPages({
  store,
  nasKeys,
  after: start,
  signal,
}: Pages): AsyncGenerator<readonly KnownAccount[]> {
  const read = (after?: string) => {
    const page = store.recordPage({ limit, ...(nasKeys && { nasKeys }), ...(after !== undefined && { after }) });
    // Read ahead, it may fail before anybody waits for it.
    page.catch(() => undefined);
    return page;
  };
  let reading: Promise<readonly KnownAccount[]> | null = read(start);
  while (reading !== null) {
    const page: readonly KnownAccount[] = await reading;
    signal.throwIfAborted();
    const last = page.length < limit ? undefined : page.at(-1);
    reading = last === undefined ? null : read(last.userId);
    yield page;
    await breathe();
  }
}
