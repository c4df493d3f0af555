// Answers in parts through the real sandbox: taken one by one, limited in number, and closed with the run that began them.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { OssiaError } from '#core/errors.ts';
import type { TransportDefinition } from '#core/transport/transport.ts';
import { lineTransport } from '#test/support/line-box.ts';
import { linesPlugin, openPluginWorld } from '#test/support/plugin-world.ts';

/** The line box's transport, and a table beside it that is served in parts. */
function tableTransport() {
  const seen = { asked: 0, open: 0 };
  async function* parts(count: number) {
    seen.open += 1;
    try {
      for (let at = 0; at < count; at += 1) {
        seen.asked += 1;
        if (at === 7) throw new OssiaError('nas_busy', 'the box is busy', { said: 'занято' });
        yield [`row ${at}`];
      }
    } finally {
      seen.open -= 1;
    }
  }
  const definition = {
    ...lineTransport,
    methods: { ...lineTransport.methods, table: { access: 'read', inParts: true, args: z.tuple([z.int().min(0)]) } },
    connect: (section, environment) => ({
      ...lineTransport.connect(section, environment),
      stream: (_method, [count]) => parts(Number(count)),
    }),
  } as TransportDefinition<z.output<typeof lineTransport.config>>;
  return { seen, transports: { line: definition as TransportDefinition } };
}

async function run(body: string) {
  const { seen, transports } = tableTransport();
  const world = await openPluginWorld({ open: false, transports });
  await world.savePlugin(
    linesPlugin.replace('async user_info({ account }, device) {', `async user_info({ account }, device) { ${body}`),
  );
  await world.open();
  return { seen, report: await world.run('user_info') };
}

test('parts come in order, and only those that the plugin asked for', async () => {
  const { seen, report } = await run(
    'const all = []; for await (const rows of device.line.table(5)) { all.push(...rows); if (all.length === 3) break; } return all;',
  );

  expect(report.value).toEqual(['row 0', 'row 1', 'row 2']);
  expect(seen).toEqual({ asked: 3, open: 0 });
});

test('an end is an end, also of nothing, and nothing comes after it', async () => {
  const { report, seen } = await run(
    'const none = await Array.fromAsync(device.line.table(0)); const parts = device.line.table(1); return [none, await parts.next(), await parts.next(), await parts.next()];',
  );

  expect(report.value).toEqual([[], { done: false, value: ['row 0'] }, { done: true }, { done: true }]);
  expect(seen.open).toBe(0);
});

test('two parts asked for at once are the first two of one answer', async () => {
  const { seen, report } = await run(
    'const parts = device.line.table(5); return Promise.all([parts.next(), parts.next()]);',
  );

  expect(report.value).toEqual([
    { done: false, value: ['row 0'] },
    { done: false, value: ['row 1'] },
  ]);
  expect(seen).toEqual({ asked: 2, open: 0 });
});

test('an error in the middle reaches the plugin with code and words', async () => {
  const { report } = await run(
    "try { for await (const rows of device.line.table(9)); } catch (error) { return [error.code, error.said]; } return 'whole';",
  );

  expect(report.value).toEqual(['nas_busy', 'занято']);
});

test('arguments are parsed as those of any call', async () => {
  const { report } = await run("for await (const rows of device.line.table('many')); return 'whole';");

  expect(report.outcome).toMatchObject({ type: 'refused', code: 'arguments_invalid' });
});

test('no more than eight are open at once, and all are closed with the run', async () => {
  const { report, seen } = await run(
    'const open = []; for (let at = 0; at < 9; at += 1) { open.push(device.line.table(5)); await open.at(-1).next(); } return 1;',
  );

  expect(report.outcome).toMatchObject({ type: 'refused', code: 'call_limit' });
  expect(seen.open).toBe(0);
});
