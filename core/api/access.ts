// Who may do what: roles, their scopes, and bearer tokens compared in constant time.
import { createHash, timingSafeEqual } from 'node:crypto';
import { OssiaError } from '../errors.ts';

/** `events`: send events and whole states; `read`: see everything; `act`: retry and skip jobs; `administer`: whatever is left. */
export const scopes = ['events', 'read', 'act', 'administer'] as const;
export type Scope = (typeof scopes)[number];

export const roles = {
  event: ['events'],
  viewer: ['read'],
  operator: ['read', 'act'],
  admin: ['events', 'read', 'act', 'administer'],
} as const satisfies Record<string, readonly Scope[]>;
export type Role = keyof typeof roles;

export interface ApiToken {
  /** Who it was given to; stands in logs and in the journal, the token never does. */
  readonly name: string;
  readonly role: Role;
  readonly token: string;
}

export interface Caller {
  readonly name: string;
  readonly role: Role;
}

export interface Gatekeeper {
  /** Throws `unauthorized` when the header names no known token. */
  identify(authorization: string | undefined): Caller;
}

export function createGatekeeper(tokens: readonly ApiToken[]): Gatekeeper {
  const known = tokens.map(({ name, role, token }) => ({ caller: { name, role }, digest: digestOf(token) }));
  return {
    identify(authorization) {
      const token = /^Bearer +([^\s]{1,1024}) *$/i.exec(authorization ?? '')?.[1];
      if (token === undefined) throw new OssiaError('unauthorized', 'Send the header "Authorization: Bearer <token>".');
      const digest = digestOf(token);
      let found: Caller | undefined;
      // All are compared, and as digests of one length: the time says nothing about which, or how much of one, was right.
      for (const entry of known) if (timingSafeEqual(entry.digest, digest)) found = entry.caller;
      if (found === undefined) throw new OssiaError('unauthorized', 'This token is not known.');
      return found;
    },
  };
}

export function allow(caller: Caller, scope: Scope): void {
  const granted: readonly Scope[] = roles[caller.role];
  if (granted.includes(scope)) return;
  const able = Object.entries(roles).filter(([, list]) => (list as readonly Scope[]).includes(scope));
  const names = able.map(([role]) => role).join(' or ');
  throw new OssiaError('forbidden', `A token with role ${caller.role} cannot do this; it takes ${names}.`);
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
