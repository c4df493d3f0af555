// The interface of what an operator does to plugins: see them, have them read anew, let them go, try what is on disk.
import type { ProfileCheck } from './check-profile.ts';

export interface PluginControl {
  /** By name: those of the folder, and those in force that it has no more. */
  list(): Promise<readonly PluginReport[]>;
  /**
   * Reads these anew as they are on disk. What was taken back is tried again, a quarantine is lifted; with `trust` the new version
   * needs no trial. Resolves, with the names of the profiles, when each is in force or refused. Rejects with `not_found`.
   */
  reload(which: Which, options: { readonly trust: boolean }): Promise<readonly string[]>;
  /** Compiles, loads and self-tests what is on disk beside what is in force, and changes nothing. Rejects with `not_found`. */
  rehearse(which: Which): Promise<readonly ProfileCheck[]>;
}

/** One profile, all that run a plugin, or all. */
export interface Which {
  readonly nas?: string | undefined;
  readonly plugin?: string | undefined;
}

export interface PluginReport {
  readonly name: string;
  /** What the folder holds now; null when that does not load. */
  readonly onDisk: { readonly version: string; readonly hash: string } | null;
  /** Why it does not load. */
  readonly problem: string;
  readonly inForce: readonly {
    readonly version: string;
    readonly hash: string;
    readonly profiles: readonly string[];
  }[];
  /** Profiles that are held to a version, and to which. */
  readonly pins: readonly { readonly profile: string; readonly pin: string }[];
}
