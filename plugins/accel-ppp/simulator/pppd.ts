// What the simulated accel-pppd holds: sessions, and of its configuration what matters here.
import { z } from 'zod';

const session = z.strictObject({
  sid: z.string(),
  /** Not there while it logs in. */
  username: z.string().optional(),
  ip: z.string().optional(),
  caller: z.string().default(''),
  type: z.enum(['pppoe', 'ipoe', 'l2tp', 'pptp', 'sstp']).default('pppoe'),
  ifname: z.string().default(''),
  state: z.enum(['start', 'active', 'finish']).default('active'),
  uptime: z.int().default(60),
  /** kbit/s; 0: no limit. */
  down: z.int().default(0),
  up: z.int().default(0),
  redirect: z.boolean().default(false),
  set: z.string().optional(),
});

export type PppdSession = z.infer<typeof session>;

const configuration = z.strictObject({
  /** `attr`, or `attr-down` and `attr-up`, of [shaper]; null: the module is not loaded. */
  shaper: z
    .union([z.string(), z.tuple([z.string(), z.string()])])
    .nullable()
    .default('Filter-Id'),
  multiplier: z.number().default(1),
  /** Numbers of the attributes of [ipoe]. */
  l4_redirect: z.int().default(243),
  l4_set: z.int().default(244),
  nas_identifier: z.string().optional(),
  /** `require-nas-identification`. */
  wants_nas: z.boolean().default(false),
  /** `password` of [cli]: accel-cmd knows none. */
  password: z.string().optional(),
  /** How long a request stays in progress. */
  busy_ms: z.int().default(0),
  /** The command line's connection breaks after so many lines. */
  breaks_after: z.int().optional(),
  uptime: z.int().default(93_784),
});

export type PppdConfig = z.infer<typeof configuration>;

const stateSchema = z.strictObject({
  sessions: z.array(session).default([]),
  config: configuration.prefault({}),
});

export interface Pppd {
  sessions: PppdSession[];
  readonly config: PppdConfig;
  state(): unknown;
}

export function createPppd(given: unknown): Pppd {
  const { sessions, config } = stateSchema.parse(given);
  const pppd: Pppd = {
    sessions,
    config,
    state: () => ({ sessions: pppd.sessions.map(shownOf) }),
  };
  return pppd;
}

/** What a request can change, and who he is. */
function shownOf({ sid, username, ip, down, up, redirect, set }: PppdSession) {
  return {
    sid,
    ...(username !== undefined && { username }),
    ...(ip !== undefined && { ip }),
    ...(down + up > 0 && { down, up }),
    ...(redirect && { redirect }),
    ...(redirect && set !== undefined && { set }),
  };
}
