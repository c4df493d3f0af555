// What a subscriber should have, as flags, and the access that follows from them.

export interface AccessFlags {
  readonly exists: boolean;
  readonly accept: boolean;
  readonly redirect: boolean;
  readonly logged: boolean;
  readonly own_disabled: boolean;
}

export type Access = 'full' | 'redirected' | 'not logged in' | 'disabled by owner' | 'cut off';

/** The billing's own rule; blocked or out of balance wins over not logged in, since the page must show before any login. */
export function accessOf(flags: AccessFlags): Access {
  if (!flags.exists) return 'cut off';
  if (!flags.accept || flags.redirect) return 'redirected';
  if (flags.own_disabled) return 'disabled by owner';
  return flags.logged ? 'full' : 'not logged in';
}
