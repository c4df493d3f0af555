// The three boxes of the demo: the plugins' own simulators, and the profiles that reach them.
import { createHash } from 'node:crypto';
import type { Simulator } from '#core/plugin-sdk/simulator.ts';
import type { Site } from '#test/support/site.ts';
import { startSimulator as startCoaNas } from '../../plugins/generic-coa/simulator.ts';
import { startSimulator as startLinux } from '../../plugins/linux/simulator.ts';
import { startSimulator as startMikrotik } from '../../plugins/mikrotik/simulator.ts';

export const radiusSecret = 'demo-accounting-secret';

export interface Box {
  readonly name: string;
  readonly nasIp: string;
  readonly kind: string;
  readonly simulator: Simulator;
}

export interface Boxes {
  readonly all: readonly Box[];
  /** A subscriber dials in at the CoA NAS: it has a session that CoA can find. */
  dialIn(login: string, session: string): void;
  close(): Promise<void>;
}

const coaOptions = {
  hooks: {
    user_add: [],
    user_accept: [{ coa: { 'Filter-Id': 'internet' } }],
    user_drop: [{ coa: { 'Filter-Id': 'blocked' } }],
    user_redirect: [{ coa: { 'Filter-Id': 'no-balance' } }],
    user_redirect_cancel: [{ coa: { 'Filter-Id': 'internet' } }],
    user_rate_set: [
      { coa: { 'WISPr-Bandwidth-Max-Up': '{rate_in*1000}', 'WISPr-Bandwidth-Max-Down': '{rate_out*1000}' } },
    ],
    user_auth: [],
    user_disconnect: [{ disconnect: {} }],
    user_del: [{ disconnect: {} }],
  },
};

const linuxOptions = {
  customers: ['lan'],
  uplinks: ['wan'],
  portals: { blocked: '10.0.0.80:80', no_balance: '10.0.0.80:81' },
  pools: ['10.1.2.0/24'],
};

/** Secrets stand in files of the demo's folder, as they should. */
export async function startBoxes(site: Site): Promise<Boxes> {
  const [mikrotik, coaNas, linux] = await Promise.all([startMikrotik(), startCoaNas(), startLinux()]);
  const all: Box[] = [
    { name: 'ros-1', nasIp: '10.0.0.1', kind: 'RouterOS API', simulator: mikrotik },
    { name: 'bras-2', nasIp: '10.0.0.2', kind: 'RADIUS CoA', simulator: coaNas },
    { name: 'linux-3', nasIp: '10.0.0.3', kind: 'SSH', simulator: linux },
  ];
  const secret = (value: string): string =>
    site.secret(createHash('sha256').update(value).digest('hex').slice(0, 12), value);
  const profile = (box: Box, plugin: string, options: object): void => {
    const transports = Object.fromEntries(
      Object.entries(box.simulator.transports).map(([name, section]) => [
        name,
        Object.fromEntries(
          Object.entries(section).map(([key, value]) => [
            key,
            key === 'password' || key === 'secret' ? secret(String(value)) : value,
          ]),
        ),
      ]),
    );
    const radius = { secret: secret(radiusSecret), addresses: [`127.0.0.${box.nasIp.at(-1)}`] };
    site.profile(box.name, { plugin, match: { nas_ip: box.nasIp }, transports, radius, options });
  };
  for (const [index, [plugin, options]] of (
    [
      ['mikrotik', {}],
      ['generic-coa', coaOptions],
      ['linux', linuxOptions],
    ] as const
  ).entries()) {
    const box = all[index];
    if (box !== undefined) profile(box, plugin, options);
  }
  return {
    all,
    dialIn: (login, session) => coaNas.login(login, { 'Acct-Session-Id': session }),
    close: async () => void (await Promise.all(all.map(({ simulator }) => simulator.close()))),
  };
}
