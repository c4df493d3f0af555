// A subscriber's life as data: scene by scene, what the billing fires and what the NAS tells by RADIUS accounting.

export interface Scene {
  readonly title: string;
  readonly steps: readonly Step[];
}

export type Step =
  | {
      readonly type: 'event';
      readonly hook: string;
      readonly nas: string;
      readonly more?: Readonly<Record<string, string>>;
    }
  | {
      readonly type: 'accounting';
      readonly status: 'Start' | 'Interim-Update' | 'Stop';
      readonly nas: string;
      readonly session: string;
    }
  /** The subscriber dials in at the CoA NAS. */
  | { readonly type: 'dial'; readonly session: string };

const on =
  (nas: string) =>
  (hook: string, more: Readonly<Record<string, string>> = {}): Step => ({ type: 'event', hook, nas, more });
const [ros, bras, linux] = [on('ros-1'), on('bras-2'), on('linux-3')];
const tariff = { rate_in: '51200', rate_out: '102400' };

export const subscriber = {
  user_id: '1001',
  abonent_id: '77',
  login: 'иванов',
  ip: '10.1.2.3',
  mac: '02:00:5e:10:00:01',
  auth_type: '1',
};

export const story: readonly Scene[] = [
  { title: 'Created, on the MikroTik', steps: [ros('user_add'), ros('user_accept')] },
  { title: 'Tariff: 50 Mbit/s up, 100 down', steps: [ros('user_rate_set', tariff)] },
  {
    title: 'Online: the NAS says so by RADIUS accounting',
    steps: [{ type: 'accounting', status: 'Start', nas: 'ros-1', session: '81000001' }],
  },
  { title: 'Out of balance', steps: [ros('user_redirect')] },
  { title: 'Paid', steps: [ros('user_redirect_cancel')] },
  { title: 'Blocked by the administrator', steps: [ros('user_drop')] },
  { title: 'Unblocked', steps: [ros('user_accept')] },
  {
    title: 'Moved to the CoA NAS: gone from the old box, put on the new one',
    steps: [
      { type: 'accounting', status: 'Stop', nas: 'ros-1', session: '81000001' },
      ros('user_del'),
      bras('user_add', { auth_type: '6' }),
      { type: 'dial', session: '0A00F1' },
      { type: 'accounting', status: 'Start', nas: 'bras-2', session: '0A00F1' },
      bras('user_rate_set', { auth_type: '6', ...tariff }),
      bras('user_drop', { auth_type: '6' }),
      bras('user_accept', { auth_type: '6' }),
    ],
  },
  {
    title: 'Moved on to the Linux router, which is told his speed without being asked',
    steps: [
      bras('user_del', { auth_type: '6' }),
      linux('user_add'),
      linux('user_redirect'),
      linux('user_redirect_cancel'),
    ],
  },
  { title: 'Deleted', steps: [linux('user_del')] },
];
