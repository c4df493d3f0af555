// Ending sessions when FreeRADIUS is the box: what it answered, by the whole daemon, with its Error-Cause, or that it did not answer.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freeUdpPort } from '#test/support/free-udp-port.ts';
import { type Freeradius, startFreeradius } from '#test/support/freeradius.ts';
import { radclient } from '#test/support/radclient.ts';
import { createSite, type DaemonProcess, type Site } from '#test/support/site.ts';

const secret = 'testing123';
let freeradius: Freeradius;
let site: Site;
let daemon: DaemonProcess;

beforeAll(async () => {
  const port = await freeUdpPort();
  freeradius = await startFreeradius({
    secret,
    requireMessageAuthenticator: true,
    modules: '',
    servers: `
server coa {
  listen {
    type = coa
    ipaddr = 127.0.0.1
    port = ${port}
  }
  recv-coa {
    if (&User-Name =~ /^nak([0-9]+)$/) {
      update reply {
        Error-Cause := "%{1}"
      }
      reject
    }
    elsif (&User-Name == "silent") {
      update control {
        Response-Packet-Type := Do-Not-Respond
      }
      ok
    }
    else {
      ok
    }
  }
}`,
  });
  site = createSite({ sessions: { terminate_attempts: 1 } });
  site.profile('bras', {
    plugin: 'generic-coa',
    match: { nas_ip: '10.0.0.1' },
    transports: { coa: { host: '127.0.0.1', port, secret, timeouts: { initial: '200ms', total: '600ms' } } },
    radius: { secret: site.secret('acct', 'accounting-secret'), addresses: '127.0.0.1' },
    options: { hooks: { user_disconnect: [{ disconnect: {} }] } },
  });
  daemon = await site.start();
});

afterAll(async () => {
  await site?.close();
  await freeradius?.close();
});

test('ACK, NAK with its Error-Cause, a session that the box has no longer, and silence are four answers', async () => {
  const logins = ['ack', 'nak405', 'nak503', 'nak501', 'silent'];
  const packets = logins.map((login, index) => [
    'Acct-Status-Type = Start',
    `Acct-Session-Id = "8100000${index}"`,
    `User-Name = "${login}"`,
    'NAS-IP-Address = 10.0.0.1',
  ]);
  const sent = await radclient({ port: daemon.accountingPort, secret: 'accounting-secret', packets });
  expect(sent.code).toBe(0);
  const { status, body } = await daemon.call('POST', '/v1/sessions/disconnect', {
    filter: { nas: 'bras' },
    reason: 'peer test',
    wait: 3,
  });
  const { results } = body as {
    results: { session: { login: string }; outcome: string; ended: boolean; error_cause: string; said: string }[];
  };
  const told = Object.fromEntries(
    results.map(({ session, outcome, ended, error_cause }) => [session.login, [outcome, ended, error_cause]]),
  );
  expect([status, told]).toEqual([
    207,
    {
      ack: ['ack', false, ''],
      nak405: ['nak', false, 'Unsupported-Service'],
      nak503: ['gone', true, 'Session-Context-Not-Found'],
      nak501: ['nak', false, 'Administratively-Prohibited'],
      silent: ['silence', false, ''],
    },
  ]);
  expect(results.find(({ session }) => session.login === 'ack')?.said).toContain('Disconnect-ACK');
});
