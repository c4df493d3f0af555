// The simulated 7750: subscribers, the profiles that it knows, and what it does without a word to attributes that it does not support.
import type { Dictionary } from '#core/transport/radius/dictionary.ts';
import { codes, type RadiusAttribute, type RadiusPacket } from '#core/transport/radius/packet.ts';
import { readAll } from '#core/transport/radius/values.ts';

export interface SimulatedSession {
  readonly login: string;
  readonly acct_session_id: string;
  readonly ip: string;
  readonly mac?: string;
  readonly port?: string;
  /** Its subscriber's id; that of a neighbour in the same house can be the same. */
  readonly subscriber: string;
  readonly service?: number;
  /** It stands in this retail service. */
  readonly retail?: number;
  sla: string;
  subscriber_profile: string;
  filter_in?: number;
  filter_out?: number;
  /** By direction, object and parameter, e.g. `e:r:rate`. */
  overrides?: Record<string, string>;
}

export interface BngState {
  readonly sessions?: readonly SimulatedSession[];
  readonly config?: {
    readonly slas?: readonly string[];
    readonly subscriber_profiles?: readonly string[];
    /** What an unknown SLA profile becomes, without a word; without it a NAK. */
    readonly default_sla?: string;
    /** Attributes that this release does not support: ignored without a word. */
    readonly ignores?: readonly string[];
  };
}

export interface Bng {
  sessions: SimulatedSession[];
  take(request: RadiusPacket): 'ack' | number;
  state(): unknown;
  reset(): void;
}

const causes = { missing: 402, invalid: 404, noSession: 503 } as const;
const identifying = [
  'NAS-Port-Id',
  'Framed-IP-Address',
  'Acct-Session-Id',
  'Alc-Subsc-ID-Str',
  'Alc-Serv-Id',
  'User-Name',
];
const queue = '(?:pir|cir|mbs|cbs)=(?:\\d+|max|-1|-2)';
const override = new RegExp(
  `^([iIeE]):(?:([qQpP]):(\\d+):(${queue}(?:,${queue})*)|([rR]|[aA]:root):(rate=(?:\\d+|max|-1|-2)))$`,
);

export function createBng(given: BngState, dictionary: Dictionary): Bng {
  const config = {
    slas: ['inet', 'inet-100', 'blocked', 'nobalance', 'paused'],
    subscriber_profiles: ['sub', 'sub-gold'],
    ignores: [],
    ...given.config,
  };
  const bng: Bng = { sessions: [], take, state: () => ({ sessions: bng.sessions }), reset };
  reset();

  function reset(): void {
    bng.sessions = structuredClone([...(given.sessions ?? [])]);
  }

  function find(asked: Record<string, unknown>): SimulatedSession[] {
    const isMeant = (session: SimulatedSession): boolean => {
      const own: Record<string, unknown> = {
        'NAS-Port-Id': session.port,
        'Framed-IP-Address': session.ip,
        'Acct-Session-Id': session.acct_session_id,
        'Alc-Subsc-ID-Str': session.subscriber,
        'Alc-Serv-Id': session.service,
        'User-Name': session.login,
      };
      if (session.retail !== undefined && asked['Alc-Retail-Serv-Id'] !== session.retail) return false;
      return identifying.every((name) => asked[name] === undefined || asked[name] === own[name]);
    };
    return bng.sessions.filter(isMeant);
  }

  function take({ code, attributes }: RadiusPacket): 'ack' | number {
    const asked = readAll(dictionary, attributes as RadiusAttribute[]) as Record<string, unknown>;
    const isNamed = ['Acct-Session-Id', 'Alc-Subsc-ID-Str', 'User-Name'].some((name) => asked[name] !== undefined);
    const isPlaced =
      asked['Framed-IP-Address'] !== undefined && (asked['NAS-Port-Id'] ?? asked['Alc-Serv-Id']) !== undefined;
    if (!isNamed && !isPlaced) return causes.missing;
    const found = find(asked);
    if (found.length === 0) return causes.noSession;
    if (code === codes.disconnectRequest) {
      bng.sessions = bng.sessions.filter((session) => !found.includes(session));
      return 'ack';
    }
    for (const name of config.ignores) delete asked[name];
    const overrides = [asked['Alc-Subscriber-QoS-Override'] ?? []].flat().map((one) => override.exec(String(one)));
    if (overrides.includes(null)) return causes.invalid;
    const sla = asked['Alc-SLA-Prof-Str'] as string | undefined;
    const isUnknown = sla !== undefined && !config.slas.includes(sla);
    if (isUnknown && config.default_sla === undefined) return causes.invalid;
    const profile = asked['Alc-Subsc-Prof-Str'] as string | undefined;
    for (const session of found) {
      if (sla !== undefined) session.sla = isUnknown ? (config.default_sla ?? sla) : sla;
      if (profile !== undefined && config.subscriber_profiles.includes(profile)) session.subscriber_profile = profile;
      setFilters(session, String(asked['Alc-Subscriber-Filter'] ?? ''));
      for (const one of overrides) setOverride(session, one);
    }
    return 'ack';
  }

  return bng;
}

function setFilters(session: SimulatedSession, text: string): void {
  for (const [, way, id] of text.matchAll(/(Ingr|Egr)-v4:(\d+)/g)) {
    const key = way === 'Ingr' ? 'filter_in' : 'filter_out';
    if (id === '0') delete session[key];
    else session[key] = Number(id);
  }
}

/** -2 takes it away. */
function setOverride(session: SimulatedSession, match: RegExpExecArray | null): void {
  const [, way = '', kind, id, list, other = '', rate = ''] = match ?? [];
  const object = kind === undefined ? other : `${kind}:${id}`;
  for (const pair of (list ?? rate).split(',')) {
    const [name = '', value = ''] = pair.split('=');
    const key = `${way}:${object}:${name}`.toLowerCase();
    const rest = Object.fromEntries(Object.entries(session.overrides ?? {}).filter(([own]) => own !== key));
    const all = value === '-2' ? rest : { ...rest, [key]: value };
    if (Object.keys(all).length === 0) delete session.overrides;
    else session.overrides = all;
  }
}
