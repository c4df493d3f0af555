// `ossia sessions check`: what a support agent reads aloud.
import { exitCodes, type Io } from './command.ts';
import type { DaemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import type { SessionsLine } from './sessions.ts';
import { clean, painter, type Tone } from './text.ts';

export interface AboutSubject {
  readonly line: SessionsLine;
  readonly address: DaemonAddress;
  readonly io: Io;
  readonly subject: string;
}

interface PeriodView {
  readonly sessions: number;
  readonly reconnects: number;
  readonly online_seconds: number;
  readonly concurrent: number;
  readonly causes: readonly { readonly cause: string; readonly count: number }[];
}

interface AnalysisView {
  readonly value: string;
  readonly timezone: string;
  readonly now: string;
  readonly state: 'online' | 'offline' | 'unknown';
  readonly since: string | null;
  readonly live: readonly {
    readonly id: string;
    readonly framed_ip: string;
    readonly mac: string;
    readonly nas: string;
    readonly port: string;
    readonly started_at: string;
    readonly update_age_seconds: number;
    readonly stale: boolean;
  }[];
  readonly last_end: {
    readonly at: string;
    readonly cause: string;
    readonly sentence: string;
    readonly side: string;
  } | null;
  readonly today: PeriodView;
  readonly week: PeriodView;
  readonly line: { readonly unstable: boolean; readonly lost_carrier_today: number };
}

const tones: Readonly<Record<AnalysisView['state'], Tone>> = { online: 'good', offline: 'bad', unknown: 'busy' };
const codes = { online: exitCodes.ok, offline: exitCodes.notDone, unknown: exitCodes.notEnded } as const;

export async function checkSessions({ line, address, io, subject }: AboutSubject): Promise<number> {
  const { by, timezone, json } = line.options;
  const look = (kind: string) =>
    ask<AnalysisView>(address, {
      path: `/v1/accounts/${encodeURIComponent(subject)}/sessions/analysis`,
      query: { by: kind, timezone },
    });
  let found = await look(by ?? kindOf(subject));
  // A word without sessions can be the number of an account as well as a login.
  if (by === undefined && found.since === null && kindOf(subject) === 'login') {
    const other = await look('account');
    if (other.since !== null) found = other;
  }
  io.out(json === undefined ? said(found, io) : `${JSON.stringify(found, null, 2)}\n`);
  return codes[found.state];
}

/** By its form; a login that looks like an address is rare, and `--by` is there for it. */
export function kindOf(subject: string): 'ip' | 'mac' | 'login' {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(subject)) return 'ip';
  if (/^([\da-f]{2}[:-]){5}[\da-f]{2}$/i.test(subject) || /^([\da-f]{4}\.){2}[\da-f]{4}$/i.test(subject)) return 'mac';
  if (/^[\da-f:]*:[\da-f:]*:[\da-f:.]*$/i.test(subject)) return 'ip';
  return 'login';
}

function said(found: AnalysisView, io: Io): string {
  const paint = painter(io);
  const { state, since, live, last_end: end, today, week, line, now } = found;
  const lines: string[] = [`${clean(found.value)} is ${paint(tones[state], headline(found))}.`];
  for (const one of live) {
    const place = [one.framed_ip, one.mac, one.port && `port ${one.port}`].filter((part) => part !== '').join(', ');
    const age = `last update ${lasting(one.update_age_seconds)} ago${one.stale ? ', which is too long' : ''}`;
    lines.push(
      `  session ${clean(one.id)} on ${clean(one.nas)}${place ? ` (${clean(place)})` : ''}, since ${when(one.started_at)}; ${age}`,
    );
  }
  if (state === 'unknown') lines.push('  Nobody saw it end: look at the box before you say "online" or "offline".');
  if (end !== null) lines.push(`Last end ${when(end.at)}: ${clean(end.cause)}, ${side(end.side)}. ${end.sentence}`);
  else if (since === null) lines.push('No session is known.');
  lines.push(`Today: ${period(today)}.`, `Seven days: ${period(week)}.`);
  if (line.unstable)
    lines.push(
      paint('bad', `The line is unstable: ${line.lost_carrier_today} times Lost-Carrier today. Send a technician.`),
    );
  lines.push(paint('faint', `As of ${when(now)}, ${found.timezone}.`));
  return `${lines.join('\n')}\n`;
}

function headline({ state, since, live }: AnalysisView): string {
  if (state === 'unknown') return `unknown: its box has been silent about it since ${when(since)}`;
  if (since === null) return 'offline';
  const many = live.length > 1 ? `, ${live.length} sessions` : '';
  return `${state} since ${when(since)}${state === 'online' ? many : ''}`;
}

const sideTexts: Readonly<Record<string, string>> = {
  line: "the line or the subscriber's device",
  user: 'wanted by the subscriber',
  policy: 'a limit of the plan',
  operator: 'done by us',
  network: 'our network',
};

function side(name: string): string {
  return sideTexts[name] ?? 'nobody knows whose fault';
}

function period({ sessions, reconnects, online_seconds, concurrent, causes }: PeriodView): string {
  const counted = causes.map(({ cause, count }) => `${count} ${clean(cause)}`).join(', ');
  const parts = [
    `${sessions} ${sessions === 1 ? 'session' : 'sessions'}`,
    ...(concurrent > 1 ? [`${concurrent} at once`] : []),
    `${reconnects} ${reconnects === 1 ? 'reconnect' : 'reconnects'}`,
    `${lasting(online_seconds)} online`,
  ];
  return `${parts.join(', ')}${counted === '' ? '' : `; ended by ${counted}`}`;
}

/** In the zone that the answer is in, as it says it. */
function when(iso: string | null): string {
  return iso === null ? '' : `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
}

function lasting(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  return hours < 48 ? `${hours} h ${minutes} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
