// Two plugins for one box: some hooks go to the second, all others to the first; to all others it is one NAS.
import { hint } from '../config/hint.ts';
import type { ProfileReading } from '../config/load-profile.ts';
import { type Problem, problemAt, problemsError } from '../config/problems.ts';
import type { LiveNas, SelfTestAnswer } from './live-nas.ts';
import type { Nas } from './nas.ts';

const usersFromNas = 'users_from_nas';

/** Throws `profile_invalid`, with the second retired, when a hook cannot go there. */
export function withBeside(first: LiveNas, second: LiveNas, reading: ProfileReading): LiveNas {
  const routed = new Set(reading.profile?.beside?.hooks);
  const problems = strayHooks([...routed], { second, reading });
  if (problems.length > 0) {
    void second.retire();
    throw problemsError('profile_invalid', problems);
  }
  const of = (hook: string) => (routed.has(hook) ? second : first).nas;
  /** What lists the users knows the box: it is asked for the rest too where the first cannot. */
  const asked = (name: string) =>
    routed.has(usersFromNas) && !first.besides.has(name) && second.besides.has(name) ? second.nas : first.nas;

  const beside = { ...second.nas.plugin, hooks: routed };
  const hooks = new Set([...[...first.nas.plugin.hooks].filter((hook) => !routed.has(hook)), ...routed]);
  const asks = unionOf(first.nas.plugin.asks, second.nas.plugin.asks);
  const nas: Nas = {
    ...first.nas,
    plugin: { ...first.nas.plugin, hooks, asks },
    beside,
    run: (request) => of(request.hook).run(request),
    listSessions: (signal) => asked('listSessions').listSessions(signal),
    listUsers: (listing) => of(usersFromNas).listUsers(listing),
    uptime: (signal) => asked('uptime').uptime(signal),
  };
  return {
    nas,
    besides: new Set([...first.besides, ...(routed.has(usersFromNas) ? second.besides : [])]),
    answered: () => first.answered() || second.answered(),
    quarantine: () => first.quarantine() ?? named(second),
    release() {
      first.release();
      second.release();
    },
    selfTest: async (limits) => worse(await Promise.all([first.selfTest(limits), second.selfTest(limits)])),
    async retire() {
      await Promise.all([first.retire(), second.retire()]);
    },
  };
}

/** Which of the two it is. */
function named({ nas, quarantine }: LiveNas): ReturnType<LiveNas['quarantine']> {
  const held = quarantine();
  return held && { ...held, reason: `${nas.plugin.name}: ${held.reason}` };
}

function worse(answers: readonly SelfTestAnswer[]): SelfTestAnswer {
  const of = (type: SelfTestAnswer['type']) => answers.find((answer) => answer.type === type);
  return of('failed') ?? of('unanswered') ?? { type: 'passed' };
}

interface Routing {
  readonly second: LiveNas;
  readonly reading: ProfileReading;
}

function strayHooks(routed: readonly string[], { second, reading }: Routing): Problem[] {
  const { name, hooks } = second.nas.plugin;
  return routed.flatMap((hook, index) => {
    if (hooks.has(hook)) return [];
    const path = ['beside', 'hooks', index];
    const problem = `the plugin ${name} has no hook ${hook}${hint(hook, hooks)}`;
    return [problemAt({ place: reading.place(path), path, code: 'profile_invalid' }, problem)];
  });
}

type Asks = Nas['plugin']['asks'];

function unionOf(one: Asks, other: Asks): Asks {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries(
    [...names].map((name) => [name, [...new Set([...(one[name] ?? []), ...(other[name] ?? [])])]]),
  );
}
