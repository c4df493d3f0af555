// MikroTik RouterOS: which hook ensures what. The scheme is that of mikrotik-simple, made safe to repeat.
import { definePlugin, gone } from '#plugin-sdk';
import { putOn, takeOff } from './bindings.ts';
import { translate, untranslate } from './nat.ts';
import { type ListRole, listsOf, type MikrotikOptions } from './options.ts';
import type manifest from './plugin.json';
import { ensureQueue, hasRate, removeQueue } from './queues.ts';
import { userGetMac, userInfo, userTest } from './reports.ts';
import { allow, noSession, renewSession, restrict } from './restrictions.ts';
import { allSessions } from './session-list.ts';
import { changeSessionRate, disconnect, disconnectThat } from './sessions.ts';
import { isAuthorisedByAddress, isDynamic, isRadius } from './subscriber.ts';
import { uptime } from './uptime.ts';
import { usersFromNas } from './users.ts';

export default definePlugin<typeof manifest, MikrotikOptions>({
  hooks: {
    async user_add(input, device) {
      if (isDynamic(input)) throw gone('Nothing to add: the RADIUS answer gives it everything at login.');
      const isListed = isAuthorisedByAddress(input);
      if (isListed) await putOn(input, device, 'auth');
      const isTranslated = await translate(input, device);
      if (hasRate(input.account)) await ensureQueue(input, device);
      else if (!isListed && !isTranslated) throw gone('Nothing to add before it logs in.');
    },

    async user_del(input, device) {
      const everyList = Object.keys(listsOf(input.options)) as ListRole[];
      const unlisted = await takeOff(input, device, everyList);
      const removed = unlisted + (await removeQueue(input, device)) + (await untranslate(input, device));
      const isEnded = isRadius(input) && (await disconnect(input, device));
      if (removed === 0 && !isEnded) throw gone('The box had nothing of this account.');
    },

    user_edit: () => undefined,

    user_drop: (input, device) => restrict(input, device, 'blocked'),
    user_accept: (input, device) => allow(input, device, 'blocked'),
    user_redirect: (input, device) => restrict(input, device, 'negbal'),
    user_redirect_cancel: (input, device) => allow(input, device, 'negbal'),
    own_disabled: (input, device) => restrict(input, device, 'own_disabled'),
    own_disabled_cancel: (input, device) => allow(input, device, 'own_disabled'),

    async user_auth(input, device) {
      if (!isDynamic(input)) await putOn(input, device, 'auth');
    },

    async user_disconnect(input, device) {
      const removed = await takeOff(input, device, ['auth']);
      const isEnded = isRadius(input) && (await disconnectThat(input, device));
      if (removed === 0 && !isEnded) throw gone('The account is not logged in on the box.');
    },

    async user_rate_set(input, device) {
      if (!isDynamic(input)) await ensureQueue(input, device);
      else if (!(await changeSessionRate(input, device))) throw gone(noSession);
    },

    async user_rate_set_cancel(input, device) {
      if (isDynamic(input)) await renewSession(input, device);
      else if ((await removeQueue(input, device)) === 0) throw gone('The address has no queue.');
    },

    user_info: userInfo,
    user_test: userTest,
    user_get_mac: userGetMac,
    users_from_nas: usersFromNas,
  },

  async selfTest(device) {
    const [resource] = await device.routeros.print('/system/resource');
    return { version: resource?.['version'] ?? '', board: resource?.['board-name'] ?? '' };
  },

  listSessions: allSessions,
  uptime,
});
