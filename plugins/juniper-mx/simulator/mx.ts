// The sessions of a simulated MX and its dynamic requests, as Juniper's documents in the README describe them.
import { z } from 'zod';
import type { RadiusAttributes } from '#core/plugin-sdk/device.ts';
import type { CoaVerdict } from '#core/simulator/coa-server.ts';
import type { Dictionary } from '#core/transport/radius/dictionary.ts';
import { codes, type RadiusPacket } from '#core/transport/radius/packet.ts';
import { readAll } from '#core/transport/radius/values.ts';

const session = z.strictObject({
  id: z.string(),
  login: z.string(),
  /** As they were activated, with their parameters. */
  services: z.array(z.string()).default([]),
  shaping: z.string().optional(),
});

const configuration = z.strictObject({
  /** Dynamic profiles of services, and how many parameters each takes; any when it is left out. */
  profiles: z.record(z.string(), z.int()).optional(),
  /** What an activation of an active instance, or a deactivation of another, is answered; `nak` is one without a cause. */
  repeated: z.enum(['ack', 'nak', '404']).default('nak'),
  /** Before 16.1R4. */
  activates_first: z.boolean().default(false),
  /** As JunosE: a Disconnect-Request without a session's id lacks an attribute. */
  disconnect_needs_id: z.boolean().default(false),
  update: z.boolean().default(true),
  /** The Error-Cause of every change, e.g. 506. */
  short_of: z.int().optional(),
});

const schema = z.strictObject({
  sessions: z.array(session).default([]),
  config: configuration.prefault({}),
});

type Session = z.infer<typeof session>;

export interface Mx {
  take(request: RadiusPacket): CoaVerdict;
  state(): unknown;
  reset(): void;
}

const erx = 4874;
const causes = { unsupported: 401, missing: 402, invalid: 404, noSession: 503 } as const;

export function createMx(given: unknown, dictionary: Dictionary): Mx {
  const { config } = schema.parse(given);
  let { sessions } = schema.parse(given);
  const repeated: CoaVerdict = config.repeated === '404' ? causes.invalid : config.repeated;

  function activate(one: Session, service: string): CoaVerdict {
    const { name, parameters } = partsOf(service);
    const wanted = config.profiles?.[name];
    if (config.profiles !== undefined && wanted !== parameters.length) return causes.invalid;
    if (one.services.includes(service)) return repeated;
    one.services = [...one.services, service].sort();
    return 'ack';
  }

  function deactivate(one: Session, service: string): CoaVerdict {
    const isMeant = (other: string) => other === service || partsOf(other).name === service;
    if (!one.services.some(isMeant)) return repeated;
    one.services = one.services.filter((other) => !isMeant(other));
    return 'ack';
  }

  function update(one: Session, service: string): CoaVerdict {
    const { name } = partsOf(service);
    const instances = one.services.filter((other) => partsOf(other).name === name);
    if (!config.update || instances.length !== 1) return 'nak';
    one.services = [...one.services.filter((other) => other !== instances[0]), service].sort();
    return 'ack';
  }

  /** All steps or none. */
  function change(one: Session, given: RadiusAttributes): CoaVerdict {
    const tagged = (base: string) => Object.keys(given).filter((name) => name.startsWith(`${base}:`));
    const off = listOf(given['ERX-Service-Deactivate']).map((service) => () => deactivate(one, service));
    const on = tagged('ERX-Service-Activate').flatMap((name) =>
      listOf(given[name]).map((service) => () => activate(one, service)),
    );
    const updates = tagged('ERX-Update-Service').flatMap((name) =>
      listOf(given[name]).map((service) => () => update(one, service)),
    );
    const before = one.services;
    for (const step of config.activates_first ? [...on, ...off, ...updates] : [...off, ...on, ...updates]) {
      const verdict = step();
      if (verdict === 'ack') continue;
      one.services = before;
      return verdict;
    }
    const shaping = given['ERX-Cos-Shaping-Rate'] ?? given['ERX-CoS-Shaping-Pmt-Type'];
    if (typeof shaping === 'string') one.shaping = shaping;
    return 'ack';
  }

  return {
    take({ code, attributes }) {
      const given = readAll(dictionary, attributes);
      const isDisconnect = code === codes.disconnectRequest;
      if (attributes.some(({ vendor }) => vendor !== 0 && (isDisconnect || vendor !== erx))) return causes.unsupported;
      const [id, login] = [given['Acct-Session-Id'], given['User-Name']];
      if (id === undefined && (login === undefined || (isDisconnect && config.disconnect_needs_id)))
        return causes.missing;
      // Of a name with several sessions, the first that logged in.
      const one = sessions.find(
        (each) => (id === undefined || each.id === id) && (login === undefined || each.login === login),
      );
      if (one === undefined) return causes.noSession;
      if (!isDisconnect) return config.short_of ?? change(one, given);
      sessions = sessions.filter((other) => other !== one);
      return 'ack';
    },
    state: () => ({
      sessions: sessions.map(({ login, services, shaping }) => ({ login, services, ...(shaping && { shaping }) })),
    }),
    reset() {
      ({ sessions } = schema.parse(given));
    },
  };
}

function partsOf(service: string): { readonly name: string; readonly parameters: readonly string[] } {
  const [, name = service, inner] = /^([^()]+)(?:\(([^()]*)\))?$/.exec(service) ?? [];
  return { name, parameters: inner === undefined ? [] : inner.split(',') };
}

function listOf(value: RadiusAttributes[string] | undefined): string[] {
  return value === undefined ? [] : typeof value === 'object' ? value.map(String) : [String(value)];
}
