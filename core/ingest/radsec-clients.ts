// Whose accounting comes over a TLS connection: the profile that names its certificate, else the one that has its address.
import type { PeerCertificate } from 'node:tls';

export interface RadsecProfile {
  readonly name: string;
  readonly radius: {
    readonly addresses: readonly string[];
    /** Names of its certificate: the CN or a DNS name. With any, its address alone does not identify it. */
    readonly certificates: readonly string[];
    readonly requireMessageAuthenticator: 'never' | 'if-present' | 'always';
  } | null;
}

export interface RadsecPeer {
  readonly address: string;
  readonly names: readonly string[];
}

/** The certificate was verified against the authority of the settings before. */
export function radsecPeer(address: string, certificate: PeerCertificate): RadsecPeer {
  const { subject, subjectaltname = '' } = certificate;
  const common = [subject?.CN ?? []].flat();
  const alternative = subjectaltname.split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4)] : []));
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  return { address: plain, names: [...alternative, ...common].map((name) => name.toLowerCase()) };
}

export function profileOfPeer<Profile extends RadsecProfile>(
  profiles: readonly Profile[],
  { address, names }: RadsecPeer,
): Profile | undefined {
  const isNamed = ({ radius }: Profile) => radius?.certificates.some((name) => names.includes(name.toLowerCase()));
  const isThere = ({ radius }: Profile) => radius?.certificates.length === 0 && radius.addresses.includes(address);
  return profiles.find(isNamed) ?? profiles.find(isThere);
}
