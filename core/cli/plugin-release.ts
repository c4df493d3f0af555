// `ossia plugin release`: lets a plugin run that was put in quarantine or taken back; whoever does it answers for it.
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, UsageError } from './command.ts';
import { addressHelp, addressOptions, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { type ReloadView, reloadedText } from './plugin-reload.ts';

const help = `usage: ossia plugin release PLUGIN|--nas NAS --reason WHY [--dry-run]

Lifts the quarantine of a plugin, on all profiles that run it or on one: its parked jobs run again. A version that was taken back after
its first jobs goes into force as it is on disk, without another trial. Who did it and why stands in "ossia audit".

  --dry-run           compile, load and self-test it in the daemon, at the boxes themselves; nothing changes
${addressHelp}
exit codes: 0 in force, 1 refused, 2 used wrongly, 75 the daemon is not there.
`;

export const pluginRelease: Command = {
  help,
  async run(argv, io) {
    const { words, options } = readArguments(argv, {
      options: { ...addressOptions, nas: 'value', reason: 'value', 'dry-run': 'flag' },
      words: 1,
    });
    const [plugin] = words;
    const { nas, reason, json } = options;
    if ((plugin === undefined) === (nas === undefined))
      throw new UsageError('say what, in one way: PLUGIN or --nas NAS');
    if (reason === undefined) throw new UsageError('say why with --reason; it stands in the audit');
    const isTry = options['dry-run'] !== undefined;
    const answer = await ask<ReloadView>(await daemonAddress(options), {
      method: 'POST',
      path: '/v1/plugins/release',
      query: isTry ? { dry_run: 'true' } : {},
      body: { plugin, nas, reason },
    });
    io.out(json === undefined ? reloadedText(answer, { io, isTry }) : `${JSON.stringify(answer, null, 2)}\n`);
    return answer.ok ? exitCodes.ok : exitCodes.refused;
  },
};
