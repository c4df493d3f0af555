// The interface of the resyncs: comparing boxes with what their accounts should have, and the drift over all of them.
import type { ResyncItem, ResyncRun, ResyncTopic } from '../model/resync.ts';

export interface Resyncs {
  /** Begins one; rejects with `conflict` while one of this box is open, `not_found` when there is no such profile in force. */
  start(asked: ResyncRequest): Promise<ResyncRun>;
  /** Resolves when the run is no longer planning. */
  planned(id: string, signal: AbortSignal): Promise<ResyncRun>;
  get(id: string): Promise<ResyncRun | undefined>;
  list(filter: { readonly nas?: string; readonly limit: number }): Promise<readonly ResyncRun[]>;
  items(id: string, page: { readonly after: number; readonly limit: number }): Promise<readonly ResyncItem[]>;
  /** Applies a plan that a guard stopped. Rejects with `conflict` when it is in another state, or too old to be trusted. */
  approve(id: string, by: string): Promise<ResyncRun>;
  cancel(id: string, by: string): Promise<ResyncRun>;
  /** The box has begun anew: it lost what it was told. */
  rebooted(nas: string): void;
  /** Called after each change of a run. Returns the unsubscriber. */
  onChange(listener: (run: ResyncRun) => void): () => void;
  close(): Promise<void>;
}

export interface ResyncRequest {
  readonly nas: string;
  /** All topics when empty. */
  readonly only: readonly ResyncTopic[];
  readonly dryRun: boolean;
  /** An empty list is believed; any other as always. */
  readonly expectEmpty?: boolean;
  readonly by: string;
  readonly cause: ResyncRun['cause'];
}

export interface Drift {
  /** Over all boxes; counted anew when the last count is older than `maxAgeMs`. */
  report(asked: { readonly maxAgeMs: number }): Promise<DriftReport>;
  /** The last count without waiting; null before the first. */
  last(): DriftReport | null;
  /** Accounts that differ, of one box or of all, in the order of user_id; few or none when a long stretch has none. */
  accounts(asked: { readonly nas?: string; readonly after?: string; readonly limit: number }): Promise<DriftPage>;
  close(): Promise<void>;
}

export interface DriftPage {
  readonly accounts: readonly DriftAccount[];
  /** Where the next page begins after; null: that was all. */
  readonly next: string | null;
}

export interface DriftReport {
  /** When it was counted, milliseconds since 1970. */
  readonly at: number;
  readonly boxes: readonly DriftOfBox[];
}

export interface DriftOfBox {
  /** Name of the profile; the NAS key when no profile matches. */
  readonly nas: string;
  readonly accounts: number;
  /** What should be there is not what was made of it, by settle key (services together as `service`). */
  readonly differing: number;
  readonly byKey: Readonly<Record<string, number>>;
  /** Not among them: nothing differs but what the plugin of the box has no hook for. */
  readonly unsupported: number;
  /** Of the differing: a job is on its way; one has failed. */
  readonly pending: number;
  readonly failed: number;
  /** The last finished comparison with what the box lists. */
  readonly lastResync: {
    readonly id: string;
    readonly at: number;
    readonly state: string;
    readonly differing: number;
  } | null;
}

export interface DriftAccount {
  readonly userId: string;
  readonly login: string;
  readonly nas: string;
  readonly differences: readonly {
    readonly key: string;
    readonly desired: string;
    readonly found: string | undefined;
    readonly failed: string | null;
  }[];
}
