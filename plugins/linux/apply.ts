// Brings a change onto the router in one command, and sets the router up first when it turns out not to be.
import { asRoot, type Device, type Input, type LinuxOptions, tableOf } from './options.ts';
import { rulesetScript, rulesetVersion } from './ruleset.ts';
import { shapingSetup } from './shaping.ts';

export interface Change {
  /** Statements of one nft script: all of them or none. */
  readonly nft: readonly string[];
  /** Commands before the script, and after it. */
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  /** Before the script when it was refused and is sent once more; each may fail. */
  readonly again?: readonly string[];
}

export async function apply(input: Input, device: Device, change: Change): Promise<void> {
  const { options, dryRun } = input;
  const version = `${tableOf(options)} version { ${rulesetVersion(options)} }`;
  const script = (lines: readonly string[]) => `${lines.join('\n')}\n`;
  // Taking the version out fails, and with it everything here, on a router that holds no ruleset or another one.
  const lines = [`delete element ${version}`, `add element ${version}`, ...change.nft];
  const result = await device.ssh.run(commandOf(options, change), { stdin: script(lines), okCodes: [0, 1, 2] });
  if (dryRun || result.exitCode === 0) return;
  const everything = rulesetScript(options) + script([`add element ${version}`, ...change.nft]);
  await device.ssh.run([...shapingSetup(options), ...(change.again ?? []), commandOf(options, change)].join('; '), {
    stdin: everything,
  });
}

function commandOf(options: LinuxOptions, { before = [], after = [] }: Change): string {
  return [...before, asRoot(options, 'nft -f -'), ...after].join(' && ');
}
