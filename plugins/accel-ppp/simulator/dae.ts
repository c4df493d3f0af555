// CoA and Disconnect of the simulated accel-pppd, as radius/dm_coa.c, shaper/shaper.c and ipoe.c take them.
import type { RadiusAttributes } from '#core/plugin-sdk/device.ts';
import type { CoaVerdict } from '#core/simulator/coa-server.ts';
import type { Dictionary } from '#core/transport/radius/dictionary.ts';
import { codes, type RadiusAttribute, type RadiusPacket } from '#core/transport/radius/packet.ts';
import { readAll } from '#core/transport/radius/values.ts';
import type { Pppd, PppdSession } from './pppd.ts';

const errorCauses = { wrongNas: 403, noSession: 503 } as const;

/** Takes requests; the promise is for one that stays in progress for a while. */
export function createDae(
  pppd: Pppd,
  dictionary: Dictionary,
): (request: RadiusPacket) => CoaVerdict | Promise<CoaVerdict> {
  const inProgress = new Set<PppdSession>();
  const { config } = pppd;

  function apply(session: PppdSession, { code, attributes }: RadiusPacket): CoaVerdict {
    if (code === codes.disconnectRequest) {
      pppd.sessions = pppd.sessions.filter((other) => other !== session);
      return 'ack';
    }
    // A session that begins has no shaper yet: a NAK without a cause.
    if (config.shaper !== null && session.state === 'start') return 'nak';
    shape(session, readAll(dictionary, attributes));
    if (session.type === 'ipoe' && session.state === 'active') redirect(session, attributes);
    // Whatever else is in it.
    return 'ack';
  }

  /** A 0 leaves what was there. */
  function shape(session: PppdSession, given: RadiusAttributes): void {
    if (config.shaper === null) return;
    const [down, up] = typeof config.shaper === 'string' ? [config.shaper, config.shaper] : config.shaper;
    for (const value of listOf(given[down])) session.down = speedIn(down, value, 'down') || session.down;
    for (const value of listOf(given[up])) session.up = speedIn(up, value, 'up') || session.up;
  }

  function speedIn(attribute: string, value: string | number, direction: 'down' | 'up'): number {
    if (typeof value === 'number') return Math.floor(value * config.multiplier);
    if (value.startsWith('0x')) return Math.floor(Number(value) * config.multiplier);
    if (attribute === 'Cisco-AVPair') return ciscoSpeed(value, direction);
    const isSwapped = attribute === 'Mikrotik-Rate-Limit';
    return Math.floor(simpleSpeed(value, (direction === 'down') === isSwapped ? 1 : 0) * config.multiplier);
  }

  /** By number: many sites have theirs where the extended attributes of RFC 6929 are. */
  function redirect(session: PppdSession, attributes: readonly RadiusAttribute[]): void {
    const bytesOf = (wanted: number) => attributes.find(({ vendor, type }) => vendor === 0 && type === wanted)?.value;
    const [wanted, set] = [bytesOf(config.l4_redirect), bytesOf(config.l4_set)];
    if (set !== undefined) session.set = set.toString('utf8');
    if (wanted?.length === 4) session.redirect = wanted.readUInt32BE(0) > 0;
  }

  return (request) => {
    const given = readAll(dictionary, request.attributes);
    const nas = given['NAS-Identifier'];
    const isWrong = nas === undefined ? config.wants_nas : nas !== (config.nas_identifier ?? nas);
    if (isWrong) return errorCauses.wrongNas;
    const session = pppd.sessions.find((one) => isMeant(one, given));
    if (session === undefined) return errorCauses.noSession;
    if (inProgress.has(session)) return 'silence';
    if (config.busy_ms === 0) return apply(session, request);
    inProgress.add(session);
    return new Promise((resolve) => {
      setTimeout(() => {
        inProgress.delete(session);
        resolve(apply(session, request));
      }, config.busy_ms);
    });
  };
}

/** rad_find_session: all that is given must match, and a session without an address matches every one. */
function isMeant(session: PppdSession, given: RadiusAttributes): boolean {
  const pairs = [
    [given['Acct-Session-Id'], session.sid],
    [given['User-Name'], session.username],
    [given['NAS-Port-Id'], session.ifname],
    [given['Framed-IP-Address'], session.ip ?? given['Framed-IP-Address']],
    [given['Calling-Station-Id'], session.caller],
  ].filter(([wanted]) => wanted !== undefined);
  return session.username !== undefined && pairs.length > 0 && pairs.every(([wanted, has]) => wanted === has);
}

function ciscoSpeed(text: string, direction: 'down' | 'up'): number {
  const word = direction === 'down' ? 'output' : 'input';
  const [, bits] = new RegExp(`rate-limit ${word} (\\d+) \\d+ \\d+`).exec(text) ?? [];
  return Math.floor(Number(bits ?? 0) / 1000);
}

/** G is ten times too much there. */
const units: Readonly<Record<string, number>> = { '': 1, B: 0.001, K: 1, M: 1000, G: 10_000_000 };

function simpleSpeed(text: string, index: 0 | 1): number {
  const parts = text.split(/[/\\:]/);
  const [, digits = '0', unit = ''] = /^(\d+)([BKMG]?)/i.exec(parts[index] ?? parts[0] ?? '') ?? [];
  return Number(digits) * (units[unit.toUpperCase()] ?? 1);
}

function listOf(value: RadiusAttributes[string] | undefined): readonly (string | number)[] {
  return value === undefined ? [] : typeof value === 'object' ? value : [value];
}
