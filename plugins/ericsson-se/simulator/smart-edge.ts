// The simulated SmartEdge: sessions by name, forward policies, profiles, RSE services, and what it says no to.
import type { Dictionary } from '#core/transport/radius/dictionary.ts';
import { codes, type RadiusPacket } from '#core/transport/radius/packet.ts';
import { readAll } from '#core/transport/radius/values.ts';

export interface SimulatedSession {
  readonly name: string;
  readonly acct_session_id: string;
  /** Static CLIPS: a Disconnect does not end it. */
  readonly is_static?: boolean;
  policy?: string;
  url?: string;
  /** The last values of other attributes, by name. */
  attributes?: Record<string, unknown>;
  /** Parameters by name of the service. */
  services?: Record<string, string>;
}

export interface SmartEdgeState {
  readonly sessions?: readonly SimulatedSession[];
  readonly config?: {
    readonly policies?: readonly string[];
    readonly services?: readonly string[];
    readonly context?: string;
  };
}

export interface SmartEdge {
  sessions: SimulatedSession[];
  take(request: RadiusPacket): 'ack' | number;
  /** What `clear subscriber username` prints. */
  clear(name: string): string;
  state(): unknown;
  reset(): void;
}

const causes = { unsupported: 401, missing: 402, invalid: 404, notRemovable: 501, noSession: 503 } as const;
const plain = ['Qos-Policing-Profile-Name', 'Qos-Metering-Profile-Name', 'Dynamic-Policy-Filter', 'Dynamic-QoS-Param'];

export function createSmartEdge(given: SmartEdgeState, dictionary: Dictionary): SmartEdge {
  const { policies = ['HTTP-REDIRECT'], services = ['RSE-SPEED', 'RSE-TV'], context = 'isp' } = given.config ?? {};
  const box: SmartEdge = { sessions: [], take, clear, state: () => ({ sessions: box.sessions }), reset };
  reset();

  function reset(): void {
    box.sessions = structuredClone([...(given.sessions ?? [])]);
  }

  function take({ code, attributes }: RadiusPacket): 'ack' | number {
    const asked = readAll(dictionary, [...attributes]) as Record<string, unknown>;
    const { 'User-Name': name, 'Acct-Session-Id': id } = asked;
    if (name === undefined && id === undefined) return causes.missing;
    const session = box.sessions.find(
      (one) => (name === undefined || one.name === name) && (id === undefined || one.acct_session_id === id),
    );
    if (session === undefined) return causes.noSession;
    if (code === codes.disconnectRequest) {
      if (attributes.some(({ vendor }) => vendor !== 0)) return causes.unsupported;
      if (session.is_static) return causes.notRemovable;
      box.sessions = box.sessions.filter((one) => one !== session);
      return 'ack';
    }
    return setPolicy(session, asked) ?? setServices(session, asked) ?? setAttributes(session, asked);
  }

  function setPolicy(session: SimulatedSession, asked: Record<string, unknown>): number | undefined {
    for (const text of [asked['Forward-Policy'] ?? []].flat().map(String)) {
      const [way = '', policy = ''] = text.split(':');
      if (way !== 'in' || (policy !== '' && !policies.includes(policy))) return causes.invalid;
      // One that has a policy takes another only after it is gone.
      if (
        policy !== '' &&
        session.policy === policy &&
        session.url !== undefined &&
        session.url !== asked['HTTP-Redirect-URL']
      )
        return causes.invalid;
      if (policy === '') {
        delete session.policy;
        delete session.url;
      } else {
        session.policy = policy;
        session.url = String(asked['HTTP-Redirect-URL'] ?? '');
      }
    }
    return undefined;
  }

  function setServices(session: SimulatedSession, asked: Record<string, unknown>): number | undefined {
    const stopped = asked['Deactivate-Service-Name:1'] as string | undefined;
    const started = asked['Service-Name:1'] as string | undefined;
    const active = new Map(Object.entries(session.services ?? {}));
    if (stopped !== undefined && !active.delete(stopped)) return causes.invalid;
    if (started !== undefined) {
      if (!services.includes(started) || active.has(started) || asked['Service-Action:1'] === undefined)
        return causes.invalid;
      active.set(started, String(asked['Service-Parameter:1'] ?? ''));
    }
    if (active.size > 0) session.services = Object.fromEntries(active);
    else delete session.services;
    return undefined;
  }

  function clear(name: string): string {
    const [user = '', where] = name.split('@');
    const found = box.sessions.filter((one) => one.name === user && (where === undefined || where === context));
    if (found.length === 0) return '% No such subscriber';
    box.sessions = box.sessions.filter((one) => !found.includes(one));
    return '';
  }

  return box;
}

function setAttributes(session: SimulatedSession, asked: Record<string, unknown>): 'ack' {
  const given = Object.entries(asked).filter(([name]) => plain.includes(name));
  if (given.length > 0) session.attributes = { ...session.attributes, ...Object.fromEntries(given) };
  return 'ack';
}
