// A CoA that is believed only when the box shows what it acknowledged: attributes that it does not support are ignored without a word.
import { firstFound, gone, refuse, sleep } from '#plugin-sdk';
import { identitiesOf, subscriberOf } from './identity.ts';
import { type Device, hasCli, type Input } from './options.ts';
import { differences, isSoEverywhere, readSubscriber } from './read-back.ts';
import type { Wanted } from './wanted.ts';

export const noSession = 'The box has no such session; RADIUS gives the values to the next one.';
/** A profile is put in place after the ACK. */
const looks = 3;
const pauseMs = 400;

export async function tell(input: Input, device: Device, { attributes, seen, unseen }: Wanted): Promise<void> {
  const identities = identitiesOf(input);
  const id = input.options.read_back && hasCli(device) ? subscriberOf(input) : null;
  const isVisible = id !== null && Object.keys(seen).length > 0;
  if (isVisible && unseen.length === 0) {
    const before = await readSubscriber(device, id);
    if (before !== null && isSoEverywhere(seen, before)) return;
  }
  const found = await firstFound(identities, (identity) => device.coa.coa({ ...identity, ...attributes }));
  if (found === undefined) throw gone(noSession);
  if (input.dryRun) return;
  if (!isVisible) return input.log('Acknowledged, which proves nothing on this box; it was not read back.');
  if (unseen.length > 0) input.log(`Acknowledged and not read back, since nothing shows it: ${unseen.join(' ')}`);
  let problem = '';
  for (let look = 0; look < looks; look += 1) {
    if (look > 0) await sleep(pauseMs);
    const after = await readSubscriber(device, id);
    problem =
      after === null ? `there is no subscriber ${id} (see the option subscriber)` : differences(seen, after).join('; ');
    if (problem === '') return;
  }
  throw refuse(`The box acknowledged the change and did not make it: ${problem}.`);
}

/** Ends the sessions that the identity names. Throws `gone` when there is none. */
export async function end(input: Input, device: Device): Promise<void> {
  const identities = identitiesOf(input);
  const found = await firstFound(identities, (identity) => device.coa.disconnect(identity));
  if (found === undefined) throw gone('The box has no such session.');
}
