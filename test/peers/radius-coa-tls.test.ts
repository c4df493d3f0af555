// CoA over TLS with FreeRADIUS as the box: it asks for our certificate, we check its own, and one connection serves all.
import { expect, onTestFinished, test } from 'vitest';
import { createCoaDefinition } from '#core/transport/coa/coa.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import { makeAuthority } from '#test/support/certificates.ts';
import { freeUdpPort } from '#test/support/free-udp-port.ts';
import { startFreeradius } from '#test/support/freeradius.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const definition = createCoaDefinition(await loadDictionary('nas-profiles/dictionaries'));

async function world() {
  const authority = await makeAuthority(tempDir());
  const [box, ours] = await Promise.all([authority.issue('bras-1.example'), authority.issue('ossia.example')]);
  const port = await freeUdpPort();
  const start = () =>
    startFreeradius({
      secret: 'radsec',
      // TLS needs its threads, which its debug mode has not.
      debug: false,
      servers: `
clients radsec {
  client loopback_tls {
    ipaddr = 127.0.0.0/8
    proto = tls
    secret = radsec
  }
}
server coa {
  listen {
    type = coa
    ipaddr = 127.0.0.1
    port = ${port}
    proto = tcp
    clients = radsec
    tls {
      private_key_file = ${box.keyFile}
      certificate_file = ${box.certFile}
      ca_file = ${authority.certFile}
      require_client_cert = yes
    }
  }
  recv-coa {
    if (&User-Name =~ /^nak/) {
      update reply {
        Error-Cause := 503
      }
      reject
    }
    else {
      update reply {
        Reply-Message := "%{User-Name}"
      }
      ok
    }
  }
}`,
    });
  let freeradius = await start();
  onTestFinished(() => freeradius.close());
  const connect = (tls: Record<string, string> = {}) => {
    const identity = { cert: ours.cert, key: ours.key, ca: authority.cert, ...tls };
    const config = definition.config.parse({ host: '127.0.0.1', port, tls: identity });
    const transport = definition.connect(config, { nas: 'bras-1', log: () => undefined });
    onTestFinished(() => transport.close());
    return (userName: string, ms = 5_000) =>
      transport.call('coa', [{ 'User-Name': userName }], {
        deadline: Date.now() + ms,
        signal: AbortSignal.timeout(ms),
        record: () => undefined,
      });
  };
  const restart = async () => {
    await freeradius.close();
    freeradius = await start();
  };
  return { connect, restart, close: () => freeradius.close(), ours };
}

test('a CoA is acknowledged or refused over TLS, and three hundred at once find their own answers', async () => {
  const { connect } = await world();
  const send = connect();
  expect(await send('алиса')).toMatchObject({ code: 'CoA-ACK', attributes: { 'Reply-Message': 'алиса' } });
  await expect(send('nak')).rejects.toMatchObject({ code: 'session_not_found' });
  const names = Array.from({ length: 300 }, (_, n) => `user-${n}`);
  const answers = (await Promise.all(names.map((name) => send(name)))) as { attributes: Record<string, string> }[];
  expect(answers.map(({ attributes }) => attributes['Reply-Message'])).toEqual(names);
}, 30_000);

test('a box that was started again is reached by the next request', async () => {
  const { connect, restart, close } = await world();
  const send = connect();
  await send('before');
  await restart();
  expect(await send('after')).toMatchObject({ code: 'CoA-ACK' });
  await close();
  await expect(send('gone')).rejects.toMatchObject({ code: 'nas_unreachable' });
}, 30_000);

test('a box with a certificate of another authority is not believed, and gets nothing', async () => {
  const { connect } = await world();
  const { cert } = await makeAuthority(tempDir(), 'stranger');
  await expect(connect({ ca: cert })('x')).rejects.toMatchObject({ code: 'nas_identity' });
  await expect(connect({ name: 'bras-2.example' })('x')).rejects.toMatchObject({ code: 'nas_identity' });
}, 30_000);

test('nothing that prints the section prints the key', async () => {
  const { ours } = await world();
  const config = definition.config.parse({ host: 'h', tls: { cert: ours.cert, key: ours.key } });
  expect(JSON.stringify(config)).not.toContain('PRIVATE KEY');
  expect(config).toMatchObject({ port: 2083, secret: 'radsec' });
  expect(definition.config.safeParse({ host: 'h' }).success).toBe(false);
}, 30_000);
