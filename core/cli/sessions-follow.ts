// `ossia sessions follow`: who comes and goes, a line for each, until it is interrupted.
import { exitCodes, type Io } from './command.ts';
import type { DaemonAddress } from './daemon-address.ts';
import { listen } from './daemon-client.ts';
import type { SessionsLine, SessionView } from './sessions.ts';
import { clean, localTime, painter, type Tone } from './text.ts';

interface ChangeView {
  readonly type: 'start' | 'stop' | 'stale' | 'recovered';
  readonly session: SessionView & { readonly acct_session_id: string };
}

const tones: Readonly<Record<ChangeView['type'], Tone>> = {
  start: 'good',
  recovered: 'good',
  stop: 'plain',
  stale: 'busy',
};

/** Ends only when the daemon does. */
export async function followSessions(asked: { line: SessionsLine; address: DaemonAddress; io: Io }): Promise<number> {
  const { line, address, io } = asked;
  const query = { ...line.others, events: 'sessions' };
  let rest = '';
  for await (const text of listen(address, { path: '/v1/stream', query })) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^event: session\ndata: (.*)$/.exec(block)?.[1];
      if (data === undefined) continue;
      io.out(line.options.json === undefined ? lineOf(JSON.parse(data) as ChangeView, io) : `${data}\n`);
    }
  }
  io.err('the daemon has ended the stream\n');
  return exitCodes.tryLater;
}

function lineOf({ type, session }: ChangeView, io: Io): string {
  const { id, login, framed_ip, mac, nas, port, started_at, ended_at, terminate_cause } = session;
  const where = [nas, port].filter(Boolean).join(' ');
  const who = [login || mac || '-', framed_ip].filter(Boolean).join(' ');
  const at = localTime(type === 'start' ? started_at : (ended_at ?? session.updated_at));
  const words = [who, `on ${where}`, terminate_cause ?? '', `(${id})`].filter(Boolean).join('  ');
  return `${at}  ${painter(io)(tones[type], type.padEnd(9))}  ${clean(words)}\n`;
}
