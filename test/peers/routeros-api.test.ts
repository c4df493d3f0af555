// The npm client `routeros-api` against our simulator: a client that we did not write gets what it expects of a router.
import { RouterOSAPI } from 'routeros-api';
import { expect, onTestFinished, test } from 'vitest';
import { startSimulator } from '../../plugins/mikrotik/simulator.ts';

async function connect(way?: string) {
  const simulator = await startSimulator({
    state: { '/ppp/active': [{ name: 'alice', service: 'pppoe', address: '100.64.0.7' }] },
  });
  onTestFinished(() => simulator.close());
  const { routeros } = (way === undefined ? undefined : simulator.ways?.[way]) ?? simulator.transports;
  const section = routeros as unknown as ConstructorParameters<typeof RouterOSAPI>[0];
  const api = new RouterOSAPI(section);
  api.on('error', () => undefined);
  await api.connect();
  onTestFinished(async () => {
    await api.close();
  });
  return { simulator, api };
}

test('routeros-api adds, reads, changes and removes on our simulator', async () => {
  const { simulator, api } = await connect();
  await api.write('/queue/simple/add', ['=name=crb_10.1.2.3', '=target=10.1.2.3', '=max-limit=5M/20M']);
  const [queue] = await api.write('/queue/simple/print', ['?name=crb_10.1.2.3']);
  expect(queue).toMatchObject({ target: '10.1.2.3/32', 'max-limit': '5000000/20000000', parent: 'none' });
  await api.write('/queue/simple/set', [`=.id=${queue?.['.id']}`, '=comment=x']);
  expect(simulator.state()).toMatchObject({ '/queue/simple': [{ comment: 'x' }] });
  await api.write('/queue/simple/remove', [`=.id=${queue?.['.id']}`]);
  expect(await api.write('/queue/simple/print')).toEqual([]);
});

test('routeros-api combines queries on our simulator', async () => {
  const { api } = await connect();
  for (const list of ['a', 'b', 'c'])
    await api.write('/ip/firewall/address-list/add', [`=list=${list}`, '=address=10.0.0.1']);
  const rows = await api.write('/ip/firewall/address-list/print', ['?list=a', '?list=b', '?#|', '=.proplist=list']);
  expect(rows).toEqual([{ list: 'a' }, { list: 'b' }]);
  expect(
    await api.write('/ip/firewall/address-list/print', ['?list=a', '?#!', '?-comment', '=.proplist=list']),
  ).toEqual([{ list: 'b' }, { list: 'c' }]);
});

test('routeros-api is refused by our simulator like by a router', async () => {
  const { api } = await connect();
  const entry = ['=list=a', '=address=10.0.0.1'];
  await api.write('/ip/firewall/address-list/add', entry);
  await expect(api.write('/ip/firewall/address-list/add', entry)).rejects.toThrow('already have such entry');
  await expect(api.write('/ppp/active/remove', ['=.id=*FF'])).rejects.toThrow('no such item');
  await expect(api.write('/no/such/menu/print')).rejects.toThrow('no such command');
});

test('routeros-api gets the answers to 300 commands at once from our simulator', async () => {
  const { api } = await connect();
  const answers = await Promise.all(
    Array.from({ length: 300 }, () => api.write('/ppp/active/print', ['=.proplist=name'])),
  );
  expect(answers.every((rows) => rows[0]?.['name'] === 'alice')).toBe(true);
});

test('routeros-api answers the challenge of our simulator as that of RouterOS before 6.43', async () => {
  const { api } = await connect('RouterOS 6');
  expect(await api.write('/ppp/active/print', ['=.proplist=name'])).toEqual([{ name: 'alice' }]);
  expect(await api.write('/queue/simple/print')).toEqual([]);
});
