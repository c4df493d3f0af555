// The SDK is typed from the manifest: what plugin.json does not ask for does not compile, and the author is told where.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPlugin } from '#core/plugin-kit/starter.ts';
import { findCompiler, typeCheck } from '#core/plugin-kit/type-check.ts';
import { goodCases, writeAcme } from '#test/support/acme-plugin.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const compiler = findCompiler() ?? '';

test('a transport that the manifest does not ask for does not compile, at the line of the call', async () => {
  const hooks = `
    async user_add({ account }, device) {
      await device.ssh.run(sh\`put -- \${account.user_id ?? ''} x\`);
      await device.routeros.print('/system/resource');
    },`;
  const folder = await writeAcme(tempDir(), { hooks, cases: goodCases });
  expect(await typeCheck({ folder, compiler })).toEqual([
    {
      where: 'plugins/acme/plugin.ts:8:20',
      problem: expect.stringMatching(/^TS2339: Property 'routeros' does not exist on type .*ssh: string\[\]/),
    },
  ]);
});

test.each([
  ['ssh', 'await device.coa.disconnect({});', "Property 'coa' does not exist"],
  ['coa', "await device.ssh.run('reboot');", "Property 'ssh' does not exist"],
  ['http', "await device.http.send('GET', 7);", 'TS2345'],
  ['routeros', "await device.routeros.ensure('/ip/arp');", 'TS2554'],
  ['script', 'await device.kv.get("x");', "Property 'kv' does not exist"],
] as const)('a new plugin for %s does not compile with: %s', async (transport, line, problem) => {
  const { folder } = await createPlugin({ dir: tempDir(), name: 'acme', transport });
  const file = join(folder, 'plugin.ts');
  const source = await readFile(file, 'utf8');
  const begun = source.replace(
    '  hooks: {\n',
    `  hooks: {\n    async user_edit(_input, device) {\n      ${line}\n    },\n`,
  );
  await writeFile(file, begun);
  const at = begun.split('\n').findIndex((text) => text.includes(line)) + 1;
  const found = await typeCheck({ folder, compiler });
  expect(found).toHaveLength(1);
  expect(found[0]?.where).toMatch(new RegExp(`/acme/plugin\\.ts:${at}:\\d+$`));
  expect(found[0]?.problem).toContain(problem);
});

test('asked for in the manifest, it compiles; nothing of the folder can loosen what is checked', async () => {
  const { folder } = await createPlugin({ dir: tempDir(), name: 'acme', transport: 'ssh' });
  const file = join(folder, 'plugin.ts');
  const source = await readFile(file, 'utf8');
  const line = '    async user_edit(_input, device) {\n      await device.kv.get("x");\n    },\n';
  await writeFile(file, source.replace('  hooks: {\n', `  hooks: {\n${line}`));
  await writeFile(join(folder, 'tsconfig.json'), '{ "compilerOptions": { "strict": false, "noCheck": true } }');
  expect(await typeCheck({ folder, compiler })).toHaveLength(1);
  const manifest = join(folder, 'plugin.json');
  const text = await readFile(manifest, 'utf8');
  await writeFile(manifest, text.replace('"transports": {', '"transports": {\n    "kv": ["get *"],'));
  expect(await typeCheck({ folder, compiler })).toEqual([]);
});

test('a type-check that is called off ends at once', async () => {
  const { folder } = await createPlugin({ dir: tempDir(), name: 'acme', transport: 'ssh' });
  const signal = AbortSignal.timeout(20);
  await expect(typeCheck({ folder, compiler, signal })).rejects.toMatchObject({ code: 'aborted' });
});
