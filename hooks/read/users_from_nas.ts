// `users_from_nas`: everything that the box holds for the billing's accounts.
import { z } from 'zod';
import { defineHook } from '#core/model/hook.ts';

export const usersFromNas = defineHook({
  name: 'users_from_nas',
  summary: 'Lists what the box has: who is in which list, with which speed; for comparing with what should be there.',
  kind: 'read',
  payload: z.object({}),
});
