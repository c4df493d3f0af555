// Runs the steps that the profile gives a hook, and says what it means when the box has no such session.
import { gone, refuse, unsupported } from '#plugin-sdk';
import { type Device, type Input, stepsOf } from './options.ts';
import { type Request, requestOf } from './request.ts';

export async function runSteps(input: Input, device: Device): Promise<void> {
  const steps = stepsOf(input);
  if (steps === undefined)
    throw unsupported(`The profile's options have no steps for ${input.hook}: this box is not told of it.`);
  if (steps.length === 0) throw gone(`The profile says that ${input.hook} needs nothing on this box.`);
  // All of them are made before the first is sent: a missing variable leaves nothing half done.
  const requests = steps.map((step) => requestOf(input, step));
  for (const request of requests) {
    if (!(await isTaken(input, device, request))) throw offline(input, request);
  }
}

/**
 * What is optional in `identify` can be of an older session, and a box wants all that is given to match: such a miss is asked again
 * without it. Not so in user_disconnect, which may be about that very session while a newer one goes on.
 */
async function isTaken({ hook }: Input, device: Device, request: Request): Promise<boolean> {
  const { method, attributes } = request;
  if (await isFound(device.coa[method](attributes))) return true;
  const wider = hook === 'user_disconnect' ? undefined : request.wider();
  return wider !== undefined && isFound(device.coa[method](wider));
}

async function isFound(sending: Promise<unknown>): Promise<boolean> {
  try {
    await sending;
    return true;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'session_not_found')
      return false;
    throw error;
  }
}

function offline({ hook, options }: Input, { method }: Request): Error {
  const isEnding = method === 'disconnect' || hook === 'user_del' || hook === 'user_disconnect';
  if (isEnding) return gone('The box has no such session.');
  if ((options.offline ?? 'ok') === 'ok')
    return gone('The box has no such session; the values come with its next authorisation.');
  return refuse(`The box has no such session, so it did not take the values of ${hook}.`);
}
