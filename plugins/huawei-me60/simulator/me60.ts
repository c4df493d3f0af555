// The sessions of a simulated ME60 and its dynamic authorization, as Huawei's documents in the README describe it.
import { z } from 'zod';
import type { RadiusAttributes } from '#core/plugin-sdk/device.ts';
import type { CoaReport, CoaVerdict } from '#core/simulator/coa-server.ts';
import type { Dictionary } from '#core/transport/radius/dictionary.ts';
import { codes, type RadiusPacket } from '#core/transport/radius/packet.ts';
import { encodeAll, readAll } from '#core/transport/radius/values.ts';

/** Bit/s. */
const rates = z.strictObject({ cir: z.int(), pir: z.int() });

const session = z.strictObject({
  id: z.string(),
  login: z.string(),
  ip: z.string().optional(),
  up: rates.optional(),
  down: rates.optional(),
  qos: z.string().optional(),
  down_qos: z.string().optional(),
  filter: z.string().optional(),
  domain: z.string().optional(),
  services: z.array(z.string()).default([]),
});

const configuration = z.strictObject({
  /** QoS profiles, user groups, domains and services that there are; any when left out. */
  profiles: z.array(z.string()).optional(),
  groups: z.array(z.string()).optional(),
  domains: z.array(z.string()).optional(),
  services: z.array(z.string()).optional(),
  /** `radius-attribute case-sensitive qos-profile-name`. */
  case_sensitive: z.boolean().default(false),
  /** `radius-attribute qos-profile no-exist-policy`. */
  no_exist_policy: z.enum(['offline', 'online']).default('offline'),
  /** `radius-server authorization error-reply`. */
  error_reply: z.enum(['version1', 'version2']).default('version1'),
  /** What the deactivation of a service that is not active is answered. */
  repeated: z.enum(['ack', 'nak']).default('nak'),
});

const schema = z.strictObject({
  sessions: z.array(session).default([]),
  config: configuration.prefault({}),
});

type Session = z.infer<typeof session>;

export interface Me60 {
  take(request: RadiusPacket): CoaVerdict | CoaReport;
  /** Only asks. */
  isQuestion(request: RadiusPacket): boolean;
  state(): unknown;
  reset(): void;
}

const causes = { unsupported: 401, missing: 402, invalid: 404, noSession: 503 } as const;

export function createMe60(given: unknown, dictionary: Dictionary): Me60 {
  const { config } = schema.parse(given);
  let { sessions } = schema.parse(given);
  const isStrict = config.error_reply === 'version2';

  /** False: the session is to go. */
  function setProfile(one: Session, key: 'qos' | 'down_qos', sent: string): boolean {
    const name = config.case_sensitive ? sent : sent.toLowerCase();
    if (config.profiles?.includes(name) === false) return config.no_exist_policy === 'online';
    one[key] = name;
    return true;
  }

  function change(one: Session, given: RadiusAttributes): CoaVerdict {
    const [qos, down, filter, domain, policy] = [
      given['Huawei-Qos-Profile-Name'] ?? given['HW-QOS-Profile-Name'],
      given['Huawei-Down-QOS-Profile-Name'] ?? given['HW-Down-QOS-Profile-Name'],
      given['Filter-Id'],
      given['Huawei-Domain-Name'],
      given['Huawei-Policy-Name'],
    ].map((value) => (value === undefined ? undefined : String(value)));
    if ([qos, down, filter, domain, policy].includes('')) return causes.invalid;
    const isMissing = (name: string | undefined, known: readonly string[] | undefined) =>
      name !== undefined && known?.includes(name) === false;
    const folded = (name: string | undefined) => (config.case_sensitive ? name : name?.toLowerCase());
    const isWrong =
      isMissing(folded(qos), config.profiles) ||
      isMissing(folded(down), config.profiles) ||
      isMissing(filter, config.groups) ||
      isMissing(domain, config.domains);
    if (isStrict && isWrong) return causes.invalid;
    if (isMissing(policy, config.services)) return causes.invalid;
    const stays = [
      qos === undefined || setProfile(one, 'qos', qos),
      down === undefined || setProfile(one, 'down_qos', down),
    ];
    if (stays.includes(false)) {
      // It is acknowledged, and the subscriber is gone.
      sessions = sessions.filter((other) => other !== one);
      return 'ack';
    }
    if (filter !== undefined && !isMissing(filter, config.groups)) one.filter = filter;
    if (domain !== undefined && !isMissing(domain, config.domains)) one.domain = domain;
    if (policy !== undefined) one.services = [...new Set([...one.services, policy])].sort();
    setRates(one, 'up', given['Huawei-Input-Average-Rate'], given['Huawei-Input-Peak-Rate']);
    setRates(one, 'down', given['Huawei-Output-Average-Rate'], given['Huawei-Output-Peak-Rate']);
    return 'ack';
  }

  function command(one: Session, text: string): CoaVerdict | CoaReport {
    const name = text.slice(1);
    switch (text.charCodeAt(0)) {
      case 0x04:
        return { ack: encodeAll(dictionary, statusOf(one)) };
      case 0x0b:
        if (config.services?.includes(name) === false) return causes.invalid;
        one.services = [...new Set([...one.services, name])].sort();
        return 'ack';
      case 0x0c:
        if (!one.services.includes(name)) return config.repeated === 'ack' ? 'ack' : causes.invalid;
        one.services = one.services.filter((other) => other !== name);
        return 'ack';
      default:
        return causes.invalid;
    }
  }

  return {
    take({ code, attributes }) {
      const given = readAll(dictionary, attributes);
      const isDisconnect = code === codes.disconnectRequest;
      if (isDisconnect && attributes.some(({ vendor }) => vendor !== 0)) return causes.unsupported;
      if (keysOf(given).every((key) => key === undefined)) return causes.missing;
      const one = sessions.find((each) => isMeant(each, given));
      if (one === undefined) return causes.noSession;
      if (isDisconnect) {
        sessions = sessions.filter((other) => other !== one);
        return 'ack';
      }
      const mode = commandIn(given);
      return mode === undefined ? change(one, given) : command(one, mode);
    },
    isQuestion: ({ attributes }) => commandIn(readAll(dictionary, attributes))?.charCodeAt(0) === 0x04,
    state: () => ({ sessions: sessions.map(({ id: _id, ip: _ip, ...shown }) => shown) }),
    reset() {
      ({ sessions } = schema.parse(given));
    },
  };
}

/** A peak rate without its average rate does nothing; an average rate alone is the peak rate too. */
function setRates(one: Session, direction: 'up' | 'down', average: unknown, peak: unknown): void {
  if (typeof average !== 'number') return;
  one[direction] = { cir: average, pir: typeof peak === 'number' ? peak : average };
}

function statusOf({ login, ip, up, down, qos }: Session): RadiusAttributes {
  return {
    'User-Name': login,
    ...(ip !== undefined && { 'Framed-IP-Address': ip }),
    ...(up && { 'Huawei-Input-Average-Rate': up.cir, 'Huawei-Input-Peak-Rate': up.pir }),
    ...(down && { 'Huawei-Output-Average-Rate': down.cir, 'Huawei-Output-Peak-Rate': down.pir }),
    ...(qos !== undefined && { 'Huawei-Qos-Profile-Name': qos }),
  };
}

function commandIn(given: RadiusAttributes): string | undefined {
  const mode = given['Huawei-Command-Mode'] ?? given['HW-Command-Mode'];
  return mode === undefined ? undefined : String(mode);
}

function keysOf(given: RadiusAttributes): readonly unknown[] {
  return [given['Acct-Session-Id'], given['User-Name'], given['Framed-IP-Address']];
}

/** All that is given must match. */
function isMeant({ id, login, ip }: Session, given: RadiusAttributes): boolean {
  const has = [id, login, ip];
  return keysOf(given).every((wanted, at) => wanted === undefined || wanted === has[at]);
}
