// A dry run over the RouterOS API: what is there is read for real, and decides what would be sent.
import { expect, onTestFinished, test } from 'vitest';
import { routeros } from '#core/transport/routeros/routeros.ts';
import { startSimulator } from '../../../../plugins/mikrotik/simulator.ts';

const menu = '/ip/firewall/address-list';
const blocked = { list: 'crb_blocked', address: '10.1.2.3' };

async function router(rows: readonly Record<string, string>[]) {
  const simulator = await startSimulator({ state: { [menu]: rows } });
  onTestFinished(() => simulator.close());
  const section = routeros.config.parse(simulator.transports['routeros']);
  const transport = routeros.connect(section, { nas: 'bras-1', log: () => {} });
  onTestFinished(() => transport.close());
  const before = structuredClone(simulator.state());
  return {
    /** With what the call would give, and what it would send; what it read is in `asked`. */
    async plan(method: string, ...args: readonly unknown[]) {
      const [asked, would]: [string[], string[]] = [[], []];
      const context = {
        signal: AbortSignal.timeout(5_000),
        deadline: Date.now() + 5_000,
        record({ kind, text }: { kind: string; text: string }) {
          if (kind === 'sent') asked.push(text);
          if (kind === 'recorded') would.push(text);
        },
      };
      const gives = await transport.plan?.(method, args, context);
      expect(simulator.state()).toEqual(before);
      return { gives, asked, would };
    },
  };
}

test('what is not there would be added', async () => {
  const { plan } = await router([]);
  expect(await plan('ensure', menu, blocked, { comment: 'должник' })).toMatchObject({
    gives: 'added',
    asked: [expect.stringContaining(`${menu}/print where`)],
    would: [`${menu}/add list=crb_blocked address=10.1.2.3 comment="должник"`],
  });
});

test('what is there already would not be touched', async () => {
  const { plan } = await router([{ ...blocked, comment: 'x' }]);
  expect(await plan('ensure', menu, blocked, { comment: 'x' })).toMatchObject({ gives: 'unchanged', would: [] });
});

test('what is there otherwise would be changed, and its doubles removed', async () => {
  const { plan } = await router([
    { ...blocked, comment: 'old' },
    { ...blocked, comment: 'older' },
  ]);
  expect(await plan('ensure', menu, blocked, { comment: 'new' })).toMatchObject({
    gives: 'changed',
    would: [expect.stringMatching(/\/set .*comment=new/), expect.stringMatching(/\/remove .*\*\d/)],
  });
});

test('a removal names every row that would go, and ends', async () => {
  const { plan } = await router([blocked, { ...blocked, comment: 'again' }, { list: 'other', address: '10.1.2.3' }]);
  const { gives, would } = await plan('ensureAbsent', menu, blocked);
  expect([gives, would.length]).toEqual([2, 2]);
  expect(await plan('ensureAbsent', menu, { list: 'nowhere' })).toMatchObject({ gives: 0, would: [] });
});

test('a command cannot be read before, so it is described alone', async () => {
  const { plan } = await router([]);
  expect(await plan('command', '/ping', { address: '10.1.2.3' })).toEqual({ gives: undefined, asked: [], would: [] });
});
