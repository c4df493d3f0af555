// accel-ppp's command line, through accel-cmd on the box: what it prints, line by line, and never less than all of it.
import { isDeviceError, refuse, retry, sh, unreachable } from '#plugin-sdk';
import type { AccelOptions, Device } from './options.ts';

/**
 * Prints its uptime first. It is asked after everything else, since accel-cmd ends well also when accel-pppd went away in the middle,
 * or wanted a password: only who sees the end has seen all.
 */
const lastCommand = 'show stat';
export const lastLine = /^uptime: (\d+)\.(\d{2}):(\d{2}):(\d{2})$/;

/** accel-pppd's buffer for a line is 1024 bytes, and closes the connection when it is full. */
const longestCommand = 1000;

interface Question {
  readonly options: AccelOptions;
  readonly device: Device;
  readonly command: string;
}

/** Lines in lists, without their ends; the last ones are those of `show stat`. */
export async function* linesOf({ options, device, command }: Question): AsyncGenerator<string[], void> {
  try {
    for await (const lines of device.ssh.lines(programOf(options), { stdin: scriptOf(command) }))
      yield lines.map(withoutEnd);
  } catch (error) {
    throw explained(error);
  }
}

/** A command that changes the box, and prints nothing when it is done. */
export async function runCommand({ options, device, command }: Question): Promise<void> {
  const result = await device.ssh
    .run(programOf(options), { stdin: scriptOf(command) })
    .catch((error: unknown) => Promise.reject(explained(error)));
  // A dry run sends nothing, and gets nothing.
  if (!result) return;
  const [first = ''] = result.stdout.split('\n').map(withoutEnd);
  if (!lastLine.test(first)) throw complaint(first);
}

/** Seconds since accel-pppd was started: its sessions are no older. */
export async function uptimeOf(options: AccelOptions, device: Device): Promise<number> {
  const { stdout } = await device.ssh
    .read(programOf(options), { stdin: `${lastCommand}\n` })
    .catch((error: unknown) => Promise.reject(explained(error)));
  const [first = ''] = stdout.split('\n').map(withoutEnd);
  const [, days, hours, minutes, seconds] = (lastLine.exec(first) ?? []).map(Number);
  if (days === undefined) throw complaint(first);
  return ((days * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
}

/** For a line in the place of what should have been there. */
export function complaint(line: string): Error {
  if (line === '')
    return retry(
      'accel-pppd closed the connection and printed nothing: is it restarting, or does its [cli] want a password?',
    );
  return refuse(`accel-ppp's command line said: ${line.slice(0, 200)}`);
}

/** Standard input and not arguments: among these accel-cmd looks for options of its own. */
function programOf({ accel_cmd = 'accel-cmd', cli_port = 2001 }: AccelOptions): string {
  return sh`${accel_cmd} -p ${cli_port} -t 10s`;
}

function scriptOf(command: string): string {
  // It takes every other character for the end of a word, and a control character for more.
  if (!/^[ -~]+$/.test(command) || command.length > longestCommand)
    throw refuse(`accel-ppp's command line cannot take ${JSON.stringify(command.slice(0, 100))}.`);
  return `${command}\n${lastCommand}\n`;
}

/** The command line ends its lines like telnet. */
function withoutEnd(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** accel_cmd.c: 3 could not connect, 4 waited in vain; it says neither in words. */
function explained(error: unknown): unknown {
  const exitCode = isDeviceError(error) ? error.details['exitCode'] : undefined;
  if (exitCode === 3)
    return unreachable('accel-cmd could not connect to accel-pppd: does it run, with cli_port as its tcp port?');
  if (exitCode === 4) return retry('accel-pppd took the command and did not answer in ten seconds.');
  return error;
}
