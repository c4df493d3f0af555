// One comparison of all boxes, as SyncSessions asks for.
import { toOssiaError } from '../errors.ts';
import type { Reconciler } from '../sessions/reconcile.ts';

interface Syncing {
  readonly boxes: { list(): readonly { readonly name: string }[] };
  readonly sync: Reconciler['sync'];
}

/** Within what an HTTP request may take. */
const limitMs = 20_000;

export function syncAllOf({ boxes, sync }: Syncing): () => Promise<readonly string[]> {
  return async () => {
    const signal = AbortSignal.timeout(limitMs);
    const failed = await Promise.all(
      boxes.list().map(async ({ name }) => {
        try {
          const { result, reason } = await sync({ nas: name, signal });
          // That a box cannot be asked for its sessions is how it is, not a failure.
          return result === 'done' || result === 'unsupported' ? [] : [`${name} ${result}: ${reason}`];
        } catch (error) {
          return [`${name}: ${toOssiaError(error).message}`];
        }
      }),
    );
    return failed.flat();
  };
}
