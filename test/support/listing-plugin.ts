// A plugin whose box takes every hook as one CoA, and lists as many users as its profile says: for resyncs of any size.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const manifest = {
  name: 'listing',
  version: '1.0.0',
  api: '^1',
  summary:
    'Every hook is one CoA with its acct_session_id, else the hook, as Filter-Id; users_from_nas lists numbered users.',
  transports: { coa: ['*'] },
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      users: { type: 'integer', default: 0 },
      /** Every so many-th differs from what the others are; 0: none. */
      odd: { type: 'integer', default: 0 },
    },
  },
};

const source = `import { definePlugin } from '#plugin-sdk';
import type { HookFunction } from '#plugin-sdk';

const tell: HookFunction = async ({ account, hook }, device) => {
  await device.coa.coa({ 'User-Name': account['login'] ?? '', 'Filter-Id': account['acct_session_id'] ?? hook });
};
const hooks = ['user_add', 'user_del', 'user_edit', 'user_drop', 'user_accept', 'user_redirect', 'user_redirect_cancel', 'own_disabled',
  'own_disabled_cancel', 'user_auth', 'user_disconnect', 'user_rate_set', 'user_rate_set_cancel', 'usluga_activated', 'usluga_deactivated'];

export default definePlugin({
  hooks: {
    ...Object.fromEntries(hooks.map((hook) => [hook, tell])),
    async *users_from_nas({ options }) {
      const users = Number(options['users']);
      const odd = Number(options['odd']);
      for (let first = 1; first <= users; first += 2000) {
        const rows = [];
        for (let n = first; n < first + 2000 && n <= users; n++) {
          const isOdd = odd > 0 && n % odd === 0;
          rows.push({ user_id: String(n), login: '', ip: '', accept: !isOdd, redirect: false, rate: { rate_in: 1000, rate_out: 2000 } });
        }
        yield rows;
      }
    },
  },
});
`;

export function writeListingPlugin(pluginsDirectory: string): void {
  const folder = join(pluginsDirectory, 'listing');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'plugin.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'plugin.ts'), source);
}
