// One command to the box, and what its answer means: it acknowledges whatever came, and says in the Reply-Message how it went.
import { refuse, retry, sh, unsupported } from '#plugin-sdk';
import type { Device, Input } from './options.ts';

export interface Said {
  readonly text: string;
  /** There was nothing of what should be taken away. */
  readonly isAbsent: boolean;
  /** Of its shell. */
  readonly code: number;
}

/** `... (ERR: 1)`: the exit code of its shell. */
const verdict = /\s*\(ERR: (\d+)\)\s*$/;
/** It goes on after these, and the code is the last step's. */
const failure = /xgesh_error:|\bbad (?:sub)?command\b/i;
const anyCode = Array.from({ length: 126 }, (_, code) => code);

/** Null in a dry run. */
export async function say(input: Input, device: Device, command: string): Promise<Said | null> {
  const { options } = input;
  const answer = options.via === 'ssh' ? await overSsh(input, device, command) : await byCoa(device, command);
  if (answer === null) return null;
  const { text, code } = answer;
  const holds = (words: readonly string[]) => words.some((one) => text.toLowerCase().includes(one.toLowerCase()));
  const isAbsent = holds(options.absent);
  if ((code === 0 && !failure.test(text)) || isAbsent) return { text, isAbsent, code };
  const said = `The box says to "${command}": ${text.slice(0, 500)} (${code})`;
  throw holds(options.busy) ? retry(said) : refuse(said);
}

interface Answer {
  readonly text: string;
  readonly code: number;
}

async function byCoa(device: Device, command: string): Promise<Answer | null> {
  if ((device as Partial<Device>).coa === undefined) throw unsupported('The profile has no coa section: see via.');
  const answer = await device.coa.coa({ 'Filter-Id': command });
  if (answer === null) return null;
  const given = answer.attributes['Reply-Message'] ?? '';
  const whole = typeof given === 'object' ? given.join('') : String(given);
  const [, code = '0'] = verdict.exec(whole) ?? [];
  return { text: whole.replace(verdict, '').trim(), code: Number(code) };
}

async function overSsh({ options, hook }: Input, device: Device, command: string): Promise<Answer | null> {
  if ((device as Partial<Device>).ssh === undefined) throw unsupported('The profile has no ssh section: see via.');
  // Each word is quoted, though none that got here needs it.
  const words = command.split(' ').map((one) => sh`${one}`);
  const line = `${sh`chroot ${options.chroot} xgesh`} ${words.join(' ')}`;
  const way = reading.has(hook) ? 'read' : 'run';
  const answer = await device.ssh[way](line, { okCodes: anyCode });
  return answer === null ? null : { text: `${answer.stdout}\n${answer.stderr}`.trim(), code: answer.exitCode };
}

const reading: ReadonlySet<string> = new Set(['user_info', 'user_test', 'user_get_mac']);
