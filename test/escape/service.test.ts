// The shipped unit, installed as the README says and run by a real systemd: how it scores, that all works under it, what it forbids.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wallNames } from '#core/sandbox/walls-rules.ts';
import { type CoaBox, startCoaBox } from '#test/support/coa-box.ts';
import { type SystemdMachine, startSystemdMachine } from '#test/support/systemd-machine.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';

const root = new URL('../..', import.meta.url).pathname;
const unit = `${root}core/service/ossia.service`;
const ossia = '/opt/ossia/node_modules/.bin/node /opt/ossia/core/main.ts';

let machine: SystemdMachine;
let box: CoaBox;

const profile = (port: number) => `plugin: generic-coa
match: { nas_ip: 10.0.0.1 }
transports:
  coa: { host: 127.0.0.1, port: ${port}, secret: "\${file:/run/credentials/ossia.service/secrets_bras-1}" }
options: { hooks: { user_drop: [{ coa: { Filter-Id: blocked } }] } }
`;

/** The README's own lines, and what a site has of its own. */
async function install(): Promise<void> {
  const lines =
    /\n## As a service\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(readFileSync(`${root}README.md`, 'utf8'))?.[1] ?? '';
  const [before, start] = lines.split(/^(?=systemctl )/m);
  await machine.sh(before ?? '');
  await machine.sh(`cat > /etc/ossia/nas-profiles/bras-1.yaml <<'E'\n${profile(box.port)}E`);
  await machine.sh(`printf %s ${box.secret} > /etc/ossia/secrets/bras-1; chmod 600 /etc/ossia/secrets/bras-1`);
  // Ports that nobody has; and there is no journal on this machine.
  await machine.sh('printf "http: { port: 0 }\\naccounting: { port: 0 }\\n" >> /etc/ossia/ossia.yaml');
  await dropIn('log', 'StandardOutput=append:/run/ossia.log\nStandardError=append:/run/ossia.log');
  await machine.sh(start?.replace(/^journalctl.*$/m, '') ?? '');
  await until(async () => /"msg":"ready"/.test(await machine.sh('cat /run/ossia.log || true')), 60_000, 200);
}

async function dropIn(name: string, lines: string): Promise<void> {
  const folder = '/etc/systemd/system/ossia.service.d';
  await machine.sh(
    `mkdir -p ${folder}; printf '[Service]\n${lines}\n' > ${folder}/${name}.conf; systemctl daemon-reload`,
  );
}

async function property(name: string): Promise<string> {
  return (await machine.sh(`systemctl show --value -p ${name} ossia`)).trim();
}

async function workerPid(): Promise<string> {
  return (await machine.sh('pgrep -u ossia -f "^[^ ]*/node --jitless"')).trim();
}

async function startAndWait(): Promise<void> {
  await machine.sh(': > /run/ossia.log; systemctl start ossia');
  await until(async () => /"msg":"ready"/.test(await machine.sh('cat /run/ossia.log')), 60_000, 200);
}

const fire = async (id: string, login: string): Promise<string> =>
  machine.sh(
    `cd / && ${ossia} fire user_drop --id ${id} --user_id ${id} --login ${login} --ip 10.1.2.3 --nas_ip 10.0.0.1 --wait --config /etc/ossia/ossia.yaml`,
  );

beforeAll(async () => {
  box = await startCoaBox();
  machine = await startSystemdMachine();
  await install();
}, 150_000);
afterAll(async () => {
  await machine?.close();
  await box?.close();
});

test('it says nothing wrong, and its exposure is 2.1 of 10 at most', async () => {
  expect(await machine.sh('systemd-analyze verify /etc/systemd/system/ossia.service')).toBe('');
  const said = execFileSync('systemd-analyze', ['security', '--offline=true', '--threshold=21', unit], {
    encoding: 'utf8',
  });
  const score = /Overall exposure level for ossia.service: ([\d.]+)/.exec(said)?.[1];
  console.log(`ossia.service: exposure ${score} of 10`);
  expect(Number(score)).toBeLessThanOrEqual(2.1);
});

test('before the start every wall is told, and all that it needs are up', async () => {
  const log = await machine.sh('cat /run/ossia.log');
  // That of the memory is not had by every kernel.
  for (const name of wallNames)
    expect(log).toMatch(new RegExp(`^wall ${name} +${name === 'memory' ? '(ok|note)' : 'ok'} `, 'm'));
});

test('an event reaches the box, whose secret only root and the service can read', async () => {
  expect(await fire('1', 'алиса')).toMatch(/done/);
  expect(box.answered()).toBe(1);
  expect(await machine.sh('stat -c %a:%U /etc/ossia/secrets/bras-1')).toBe('600:root\n');
});

test('its worker has no privileges, and all calls of daemon and worker are filtered', async () => {
  const main = await property('MainPID');
  const worker = await workerPid();
  for (const pid of [main, worker]) {
    const status = await machine.sh(`cat /proc/${pid}/status`);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    expect(await machine.sh(`stat -c %U /proc/${pid}`)).toBe('ossia\n');
  }
  for (const namespace of ['net', 'user', 'ipc', 'uts', 'mnt', 'pid']) {
    const [its, daemons] = (
      await machine.sh(`readlink /proc/${worker}/ns/${namespace} /proc/${main}/ns/${namespace}`)
    ).split('\n');
    expect(its).not.toBe(daemons);
  }
});

test('a worker that is killed is not the end of the daemon', async () => {
  const main = await property('MainPID');
  await machine.sh(`kill -KILL ${await workerPid()}`);
  expect(await fire('2', 'боб')).toMatch(/done/);
  expect(await property('MainPID')).toBe(main);
  expect(await property('NRestarts')).toBe('0');
});

test('a reload is done, a stop ends well and within its time, a killed daemon comes back', {
  timeout: 120_000,
}, async () => {
  await machine.sh('systemctl reload ossia');
  await until(async () => /read again/.test(await machine.sh('cat /run/ossia.log')), 10_000, 200);
  await machine.sh('systemctl stop ossia');
  expect(await property('Result')).toBe('success');
  expect(await property('ExecMainStatus')).toBe('0');
  expect(await machine.sh('cat /run/ossia.log')).toMatch(/"msg":"stopped"/);
  await startAndWait();
  await machine.sh('systemctl kill --kill-whom=main -s KILL ossia');
  await until(
    async () => (await property('NRestarts')) === '1' && (await property('ActiveState')) === 'active',
    20_000,
    200,
  );
});

test('in the place of the daemon native code may do what that needs, and nothing else', async () => {
  const program = join(tempDir(), 'under-unit');
  execFileSync('gcc', ['-O1', '-o', program, `${root}test/support/under-unit.c`]);
  await machine.sh(`install -m 755 ${program} /run/under-unit`);
  const shipped = readFileSync(unit, 'utf8');
  const tried = shipped
    .replace(/^ExecStartPre=.*\n/m, '')
    .replace(/^ExecStart=.*$/m, 'ExecStart=/run/under-unit\nStandardOutput=truncate:/run/tried')
    .replace(/^Type=.*$/m, 'Type=oneshot')
    .replace(/^Restart=.*$/m, 'Restart=no');
  await machine.sh(
    `cat > /etc/systemd/system/tried.service <<'E'\n${tried}E\nsystemctl daemon-reload; systemctl start tried`,
  );
  const lines = (await machine.sh('cat /run/tried')).trim().split('\n');
  expect(Object.fromEntries(lines.map((line) => line.split(': ')))).toEqual({
    'write its data': 'done',
    'read its credential': 'done',
    'open a UDP socket': 'done',
    'open a unix socket': 'done',
    'make the namespaces of the walls': 'done',
    'write the program': 'EROFS',
    'write the settings': 'EROFS',
    'write the system': 'EROFS',
    "set a user's bit": 'EPERM',
    "read root's secret": 'EACCES',
    'list homes': 'EACCES',
    "list root's home": 'EACCES',
    'see other processes': 'ENOENT',
    'signal other processes': 'EPERM',
    "open the memory's device": 'ENOENT',
    "read the kernel's log": 'ENOENT',
    "change a kernel's setting": 'EACCES',
    'change control groups': 'EROFS',
    'open a netlink socket': 'EAFNOSUPPORT',
    'open a packet socket': 'EAFNOSUPPORT',
    'open a raw socket': 'EPERM',
    'make a namespace of control groups': 'EPERM',
    'make a namespace of clocks': 'EPERM',
    "make a mount namespace of the machine's own": 'EPERM',
    mount: 'EPERM',
    'join a namespace': 'EPERM',
    'become root': 'EPERM',
    'use io_uring': 'EPERM',
    'use the keyring': 'EPERM',
    'load a BPF program': 'EPERM',
    'watch the processor': 'EPERM',
    'load a module': 'EPERM',
    'set the clock': 'EPERM',
    'rename the machine': 'EPERM',
    'take a real-time priority': 'EPERM',
    'change its personality': 'EPERM',
  });
});
