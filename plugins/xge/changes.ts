// A hook that changes the box: its commands one after the other; each may be said again, and is when one after it failed.
import { gone, refuse, unsupported } from '#plugin-sdk';
import { textOf } from './command.ts';
import { commandsOf } from './dialects.ts';
import type { Device, Input } from './options.ts';
import { say } from './say.ts';

/** Where there is nothing to take away, nothing is wrong. */
const takesAway = /\b(?:del|remove|cancel|stop|disconnect)\b/;

export async function change(input: Input, device: Device): Promise<void> {
  const commands = commandsOf(input);
  if (commands === undefined)
    throw unsupported(`The profile has no commands for ${input.hook}: this box is not told of it.`);
  // All of them are made before the first is said: a value that is refused leaves nothing half done.
  const texts = commands.map((command) => textOf(command, input)).filter((text) => text !== null);
  if (texts.length === 0) throw gone(`${input.hook} needs nothing on this box for this account.`);
  let absent = 0;
  for (const text of texts) {
    const said = await say(input, device, text);
    if (said?.isAbsent !== true) continue;
    if (!takesAway.test(text) && said.code !== 0) throw refuse(`The box says to "${text}": ${said.text.slice(0, 500)}`);
    if (takesAway.test(text)) absent += 1;
  }
  if (absent === texts.length) throw gone('The box had nothing of it.');
}
