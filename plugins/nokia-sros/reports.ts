// What the box shows of an account, for the operator.
import { type BoxUserReport, type Restriction, unsupported } from '#plugin-sdk';
import { subscriberOf } from './identity.ts';
import { type Device, hasCli, type Input } from './options.ts';
import { differences, readSubscriber, type Subscriber } from './read-back.ts';
import { wantedOf } from './wanted.ts';

export async function userInfo(input: Input, device: Device): Promise<unknown> {
  const found = await lookUp(input, device);
  const { user_id = '', login = '', ip = '' } = input.account;
  // RADIUS gives everything at login: who has no session may be there all the same.
  const user: BoxUserReport =
    found === null
      ? { user_id, login, ip, exists: null }
      : { user_id, login, ip: found.hosts[0]?.ip ?? ip, logged: true, ...flagsOf(input, found) };
  return { user, subscriber: found };
}

export async function userGetMac(input: Input, device: Device): Promise<unknown> {
  const [host] = (await lookUp(input, device))?.hosts ?? [];
  return host === undefined ? { mac: '', from: '' } : { mac: host.mac, from: 'session' };
}

async function lookUp(input: Input, device: Device): Promise<Subscriber | null> {
  const id = hasCli(device) ? subscriberOf(input) : null;
  if (id === null)
    throw unsupported('RADIUS reads nothing from a box: this needs a cli section and the option subscriber.');
  return readSubscriber(device, id);
}

/** Of the states that can be told by what is seen. */
function flagsOf(input: Input, found: Subscriber) {
  const isIn = (state: Restriction): boolean | undefined => {
    const change = input.options.states[state];
    const seen = change && wantedOf(input, change).seen;
    return seen && Object.keys(seen).length > 0 ? differences(seen, found).length === 0 : undefined;
  };
  const [blocked, redirect, ownDisabled] = [isIn('blocked'), isIn('no_balance'), isIn('own_disabled')];
  return {
    ...(blocked !== undefined && { accept: !blocked }),
    ...(redirect !== undefined && { redirect }),
    ...(ownDisabled !== undefined && { own_disabled: ownDisabled }),
  };
}
