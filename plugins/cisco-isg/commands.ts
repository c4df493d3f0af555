// The commands of ISG's CoA interface, and what it says of a session.
import { isDeviceError, type RadiusAnswer, type RadiusAttributes } from '#plugin-sdk';
import type { Device } from './options.ts';

export type ServiceCommand = 'activate-service' | 'deactivate-service';

export function tell(
  device: Device,
  identity: RadiusAttributes,
  command: ServiceCommand,
  service: string,
): Promise<RadiusAnswer> {
  return device.coa.coa({
    ...identity,
    'Cisco-AVPair': [`subscriber:command=${command}`, `subscriber:service-name=${service}`],
  });
}

/** Asks for the session's services; null in a dry run, which asks nothing. */
export function askStatus(device: Device, identity: RadiusAttributes): Promise<RadiusAnswer | null> {
  return device.coa.coa({ ...identity, 'Cisco-AVPair': 'subscriber:command=account-status-query' });
}

/** `N1POLICE_20000;...` is an active service, other first letters are something else. */
export function activeIn({ attributes }: RadiusAnswer): ReadonlySet<string> {
  const given = attributes['Cisco-Account-Info'];
  const texts = given === undefined ? [] : typeof given === 'object' ? given : [given];
  return new Set(texts.flatMap((text) => /^N1([^;]+)/.exec(String(text))?.[1] ?? []));
}

export function isNoSession(error: unknown): boolean {
  return isDeviceError(error) && error.code === 'session_not_found';
}
