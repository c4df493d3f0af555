// The hooks that change a box: all that a profile can give steps for.

export const changeHooks = [
  'user_add',
  'user_del',
  'user_edit',
  'user_accept',
  'user_drop',
  'user_redirect',
  'user_redirect_cancel',
  'own_disabled',
  'own_disabled_cancel',
  'user_auth',
  'user_disconnect',
  'user_rate_set',
  'user_rate_set_cancel',
  'usluga_activated',
  'usluga_deactivated',
] as const;

export type ChangeHook = (typeof changeHooks)[number];
