// `ossia plan`: what a hook would send for an account, in the words of its box; nothing is kept or changed.
import { readArguments } from './arguments.ts';
import { type Command, UsageError } from './command.ts';
import { addressHelp, addressOptions, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { type PlanView, planExitCode, showPlan } from './show-plan.ts';

const help = `usage: ossia plan HOOK --user_id ID | --login LOGIN | --ip ADDRESS  [VARIABLE=VALUE ...]
       ossia plan HOOK VARIABLE=VALUE ...

Says what a hook would send to the box of an account that the daemon knows, with some of its variables changed, or of one made up
on the spot. The box is asked for real, what would change it is only written down; no event, job or journal is kept.
  ossia plan user_drop --login alice
  ossia plan user_rate_set --user_id 1001 rate_in=10240 rate_out=20480

${addressHelp}
exit codes
   0  it would be done
   1  it would be refused, or the request was
   2  used wrongly
  75  the daemon, or the box, does not answer now
`;

const options = { ...addressOptions, user_id: 'value', login: 'value', ip: 'value' } as const;
const mostWords = 200;

export const plan: Command = {
  help,
  async run(argv, io) {
    const { words, options: given } = readArguments(argv, { options, words: mostWords });
    const [hook, ...pairs] = words;
    if (hook === undefined) throw new UsageError('say which hook, e.g. ossia plan user_drop --login alice');
    const variables = Object.fromEntries(pairs.map(pairOf));
    const { user_id, login, ip } = given;
    const named = [user_id, login, ip].some((name) => name !== undefined);
    if (!named && pairs.length === 0)
      throw new UsageError('say of which account: --user_id, --login, --ip, or all its variables');
    const body = { hook, ...(named ? { of: { user_id, login, ip } } : {}), variables };
    const address = await daemonAddress(given);
    const found = await ask<PlanView>(address, { method: 'POST', path: '/v1/plan', body });
    io.out(given.json === undefined ? showPlan(found, io) : `${JSON.stringify(found, null, 2)}\n`);
    return planExitCode(found);
  },
};

function pairOf(word: string): [string, string] {
  const [, name, value] = /^([A-Za-z]\w*)=(.*)$/s.exec(word) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError(`"${word}" is no variable; write it as NAME=VALUE`);
  return [name, value];
}
