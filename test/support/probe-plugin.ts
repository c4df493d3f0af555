// A plugin as small as one can be: every event becomes one CoA that carries the account's login and step.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const manifest = {
  name: 'probe',
  version: '1.0.0',
  api: '^1',
  summary: 'One CoA for each event, for tests of what stands in front of the box.',
  transports: { coa: ['*'] },
  options: { type: 'object' },
};

const source = `import { definePlugin } from '#plugin-sdk';
import type { HookFunction } from '#plugin-sdk';

const tell: HookFunction = async ({ account, hook }, device) => {
  await device.coa.coa({ 'User-Name': account['login'] ?? '', 'Filter-Id': account['step'] ?? hook });
};

export default definePlugin({
  hooks: { user_add: tell, user_del: tell, user_edit: tell, user_drop: tell, user_accept: tell, user_auth: tell, user_disconnect: tell },
});
`;

export function writeProbePlugin(pluginsDirectory: string): void {
  const folder = join(pluginsDirectory, 'probe');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'plugin.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'plugin.ts'), source);
}
