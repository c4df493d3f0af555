// The simulated XGE: its sessions, and both vocabularies over them. Like the real one it runs each piece between semicolons.

export interface XgeSession {
  state: 'UP' | 'DOWN';
  type?: string;
  lists: string[];
  policy?: string;
  snat?: string;
  mac?: string;
}

export interface XgeState {
  readonly sessions?: Readonly<Record<string, XgeSession>>;
  /** It says so to every change: no class is free, e.g. */
  readonly complains?: string;
  /** `show list` fails so. */
  readonly list_error?: string;
}

export interface Xge {
  /** What it prints, and the exit code of the last piece. */
  run(text: string): { readonly printed: string; readonly code: number };
  members(list: string): string[];
  state(): unknown;
  reset(): void;
}

type Result = readonly [printed: string, code: number];

export function createXge(given: XgeState): Xge {
  let sessions = new Map<string, XgeSession>();
  reset();

  function reset(): void {
    sessions = new Map(Object.entries(structuredClone(given.sessions ?? {})));
  }

  /** Whatever is told of an address makes its session. */
  function at(ip: string): XgeSession {
    const session = sessions.get(ip) ?? { state: 'DOWN' as const, lists: [] };
    sessions.set(ip, session);
    return session;
  }

  function list(ip: string, name: string, isIn: boolean): Result {
    const session = at(ip);
    if (session.lists.includes(name) === isIn) return [` ${ip} already ${isIn ? '' : "isn't "}in ${name} `, 0];
    session.lists = isIn ? [...session.lists, name] : session.lists.filter((one) => one !== name);
    return ['', 0];
  }

  function shape(ip: string, words: readonly string[]): Result {
    const numbers = words.filter((word) => /^\d+$/.test(word));
    if (words[0] === 'remove') {
      if (sessions.get(ip)?.policy === undefined) return [`xgesh_error: class_id for ${ip} not found`, 1];
      delete at(ip).policy;
      return ['policy remove', 0];
    }
    if (numbers.length === 4 && numbers.every((one) => one === '0')) {
      const { policy } = at(ip);
      delete at(ip).policy;
      return [policy === undefined ? `xgesh_error: class_id for ${ip} not found` : 'policy remove', 0];
    }
    if (numbers.length !== 4) return ['Error: argument is wrong', 1];
    const [rateIn, ceilIn, rateOut, ceilOut] = numbers;
    at(ip).policy = `in|${rateIn}|${ceilIn}|0|out|${rateOut}|${ceilOut}|0`;
    return ['policy set', 0];
  }

  function info(ip: string): Result {
    const session = sessions.get(ip);
    if (session === undefined) return [`Session ${ip} not found`, 1];
    const { snat = '', policy = '', lists, mac = '', state, type = '' } = session;
    return [
      `ip=${ip} username=S${ip} snat=${snat} policy=${policy} lists=${lists.join('|')} mac=${mac} state=${state} type=${type}`,
      0,
    ];
  }

  function session(ip: string, [verb = '', ...rest]: readonly string[]): Result {
    if (verb === 'info' || verb === 'test') return info(ip);
    if (verb === 'get_mac') return [sessions.get(ip)?.mac ?? '00:00:00:00:00:00', 0];
    if (verb === 'start') {
      Object.assign(at(ip), { state: 'UP', type: rest[0] ?? 'PPP' });
      return list(ip, 'xge_auth_list', true);
    }
    if (verb === 'redirect') return list(ip, `xge_${rest[0]}_list`, rest[1] !== 'cancel');
    if (verb === 'rate') return shape(ip, rest);
    if (verb === 'nat') {
      setNat(at(ip), rest[0]);
      return ['', 0];
    }
    if (!['stop', 'disconnect', 'remove'].includes(verb)) return [`bad subcommand: ${verb}`, 1];
    const known = sessions.get(ip);
    if (known === undefined) return [`Session ${ip} not found`, 1];
    if (verb === 'remove') sessions.delete(ip);
    else {
      known.state = 'DOWN';
      known.lists = known.lists.filter((one) => one !== 'xge_auth_list');
    }
    return ['', 0];
  }

  function runOne(words: readonly string[]): Result {
    const [object = '', first = '', second = '', ...rest] = words;
    const isRead = words.some((word) => ['info', 'test', 'get_mac', 'show'].includes(word));
    if (given.complains !== undefined && !isRead) return [given.complains, 1];
    const isAddress = /^\d+(?:\.\d+){3}$/.test(first);
    if (object === 'session') return isAddress ? session(first, [second, ...rest]) : session(second, [first, ...rest]);
    if (object === 'policy') return shape(second, [first, ...rest]);
    if (object === 'mac') return [sessions.get(second)?.mac ?? 'no entry', 0];
    const ip = rest[0] ?? '';
    if (object === 'ip' && first === 'snat') {
      if (second === 'add') setNat(at(ip), rest[1]);
      else if (sessions.has(ip)) delete at(ip).snat;
      return ['', 0];
    }
    if (object !== 'ip') return [`Bad command ${words.join(' ')}`, 1];
    // The list knows addresses without a session too; what is not there makes none.
    if (second === 'del' && !sessions.has(ip)) return [` ${ip} already isn't in xge_${first} `, 0];
    return list(ip, `xge_${first}`, second === 'add');
  }

  return {
    run(text) {
      const results = text.split(/[;\n]/).map((piece) => runOne(piece.trim().split(/\s+/)));
      return {
        printed: results
          .map(([printed]) => printed)
          .join(' ')
          .trim(),
        code: results.at(-1)?.[1] ?? 0,
      };
    },
    members: (name) => [...sessions].filter(([, { lists }]) => lists.includes(name)).map(([ip]) => ip),
    state: () => ({ sessions: Object.fromEntries(sessions) }),
    reset,
  };
}

/** The address of nobody takes it away. */
function setNat(session: XgeSession, address = '0.0.0.0'): void {
  if (address === '0.0.0.0') delete session.snat;
  else session.snat = address;
}
