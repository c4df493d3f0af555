// The PPP sessions that end on this router, as its interfaces tell them: an address each, and nothing else.
import { type BoxSession, unsupported } from '#plugin-sdk';
import type { Device, LinuxOptions } from './options.ts';
import { pppPeers } from './router-output.ts';

export async function pppSessions(device: Device, options: LinuxOptions): Promise<BoxSession[]> {
  if (options.sessions !== 'ppp')
    throw unsupported('Subscribers of this router have no sessions, unless its profile says sessions: ppp.');
  const { stdout } = await device.ssh.read('ip -j addr show');
  // Its own way to the internet may be PPP too.
  const peers = pppPeers(stdout).filter(({ name }) => !options.uplinks.includes(name));
  return peers.map(({ peer }) => ({
    acctSessionId: '',
    userName: '',
    framedIp: peer,
    callingStationId: '',
    uptime: 0,
  }));
}
