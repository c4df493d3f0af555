// The sessions of a simulated ISG, and its CoA interface over them, as the README's sources describe it.
import { z } from 'zod';
import type { RadiusAttributes } from '#core/plugin-sdk/device.ts';
import type { CoaReport, CoaVerdict } from '#core/simulator/coa-server.ts';
import type { Dictionary } from '#core/transport/radius/dictionary.ts';
import { codes, type RadiusPacket } from '#core/transport/radius/packet.ts';
import { encodeAll, readAll } from '#core/transport/radius/values.ts';

const session = z.strictObject({
  id: z.string(),
  ip: z.string(),
  vrf: z.string().optional(),
  /** Not there while it waits for its login. */
  login: z.string().optional(),
  services: z.array(z.string()).default([]),
});

const configuration = z.strictObject({
  /** The services that the box, or its RADIUS server, has; any name when it is left out. */
  services: z.array(z.string()).optional(),
  /** Services whose traffic classes overlap: one of each list at a time. */
  overlapping: z.array(z.array(z.string())).default([]),
  /** What an activation of an active service, or a deactivation of another, is answered. */
  repeated: z.enum(['ack', 'nak']).default('nak'),
  /** Whether it knows account-status-query and account-logoff. */
  status_query: z.boolean().default(true),
  logoff: z.boolean().default(true),
  /** Passwords by login, for account-logon; any login when it is left out. */
  passwords: z.record(z.string(), z.string()).optional(),
});

const schema = z.strictObject({
  sessions: z.array(session).default([]),
  config: configuration.prefault({}),
});

export interface Isg {
  take(request: RadiusPacket): CoaVerdict | CoaReport;
  /** Only asks. */
  isQuestion(request: RadiusPacket): boolean;
  state(): unknown;
  reset(): void;
}

type Session = z.infer<typeof session>;

/** RFC 5176 section 3.5. */
const causes = { unsupported: 401, missing: 402, invalid: 404, prohibited: 501, noSession: 503 } as const;

export function createIsg(given: unknown, dictionary: Dictionary): Isg {
  const { config } = schema.parse(given);
  let { sessions } = schema.parse(given);

  function activate(one: Session, name: string): CoaVerdict {
    if (config.services?.includes(name) === false) return causes.invalid;
    if (one.services.includes(name)) return config.repeated === 'ack' ? 'ack' : causes.invalid;
    const isOverlapped = config.overlapping.some(
      (list) => list.includes(name) && one.services.some((other) => list.includes(other)),
    );
    if (isOverlapped) return causes.invalid;
    one.services = [...one.services, name].sort();
    return 'ack';
  }

  function deactivate(one: Session, name: string): CoaVerdict {
    if (!one.services.includes(name)) return config.repeated === 'ack' ? 'ack' : causes.invalid;
    one.services = one.services.filter((other) => other !== name);
    return 'ack';
  }

  function logOn(one: Session, login: string | undefined, password: string | undefined): CoaVerdict {
    if (login === undefined) return causes.missing;
    if (config.passwords !== undefined && config.passwords[login] !== password) return causes.prohibited;
    one.login = login;
    return 'ack';
  }

  function end(one: Session): CoaVerdict {
    sessions = sessions.filter((other) => other !== one);
    return 'ack';
  }

  function statusOf(one: Session): CoaReport {
    const ack: RadiusAttributes = {
      ...(one.login !== undefined && { 'User-Name': one.login }),
      'Cisco-Account-Info': [`S${one.ip}`, ...one.services.map((name) => `N1${name};0;${one.login ?? ''}`)],
    };
    return { ack: encodeAll(dictionary, ack) };
  }

  return {
    take(request) {
      const given = readAll(dictionary, request.attributes);
      const pairs = pairsIn(given);
      const isLogon = pairs.get('subscriber:command') === 'account-logon';
      const wanted = { ...given, ...(isLogon && { 'User-Name': undefined }) };
      if (request.code === codes.disconnectRequest && request.attributes.some(({ vendor }) => vendor !== 0))
        return causes.unsupported;
      const one = sessions.find((each) => isMeant(each, wanted));
      if (!keysOf(wanted).some((value) => value !== undefined)) return causes.missing;
      if (one === undefined) return causes.noSession;
      if (request.code === codes.disconnectRequest) return end(one);
      const service = pairs.get('subscriber:service-name') ?? '';
      switch (pairs.get('subscriber:command')) {
        case 'activate-service':
          return service === '' ? causes.missing : activate(one, service);
        case 'deactivate-service':
          return service === '' ? causes.missing : deactivate(one, service);
        case 'account-logoff':
          return config.logoff ? end(one) : causes.unsupported;
        case 'account-logon':
          return logOn(one, textOf(given['User-Name']), pairs.get('subscriber:password'));
        case 'account-status-query':
          return config.status_query ? statusOf(one) : causes.unsupported;
        default:
          return causes.unsupported;
      }
    },
    isQuestion: ({ attributes }) =>
      pairsIn(readAll(dictionary, attributes)).get('subscriber:command') === 'account-status-query',
    state: () => ({ sessions: sessions.map(({ ip, login, services }) => ({ ip, ...(login && { login }), services })) }),
    reset() {
      ({ sessions } = schema.parse(given));
    },
  };
}

/** All that is given must match. */
function isMeant(one: Session, given: Readonly<Record<string, unknown>>): boolean {
  const info = `S${one.ip}${one.vrf === undefined ? '' : `:vrf-id=${one.vrf}`}`;
  const has = [one.login, one.id, one.ip, info];
  return keysOf(given).every((wanted, at) => wanted === undefined || wanted === has[at]);
}

function keysOf(given: Readonly<Record<string, unknown>>): unknown[] {
  return [given['User-Name'], given['Acct-Session-Id'], given['Framed-IP-Address'], given['Cisco-Account-Info']];
}

/** By the part before the first `=`; the first of each counts. */
function pairsIn(given: RadiusAttributes): ReadonlyMap<string, string> {
  const value = given['Cisco-AVPair'];
  const texts = value === undefined ? [] : typeof value === 'object' ? value : [value];
  return new Map(
    texts
      .map((text) => /^([^=]*)=(.*)$/s.exec(String(text)) ?? ['', String(text), ''])
      .map(([, key = '', rest = '']) => [key, rest] as const)
      .reverse(),
  );
}

function textOf(value: RadiusAttributes[string] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
