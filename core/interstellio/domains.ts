// X-Domain: whose domain a caller speaks for. What belongs to another, or to none that is known here, is not there for him.
import type { IncomingHttpHeaders } from 'node:http';
import { HttpError } from '../api/problem.ts';
import type { Session } from '../model/session.ts';
import type { Store } from '../store/store.ts';

export interface DomainsOptions {
  readonly store: Pick<Store, 'account'>;
  /** The domain of logins without a realm; empty: not known. */
  readonly home: string;
}

export interface Domains {
  /** Undefined: the caller names none and speaks for all. */
  askedIn(headers: IncomingHttpHeaders): string | undefined;
  /** Of a login `name@realm`; undefined when nobody says. */
  domainOf(login: string): string | undefined;
  /** Throws 404 when the subscriber of this login is not in the domain that the caller speaks for. */
  check(login: string, headers: IncomingHttpHeaders): void;
  checkSession(session: Session, headers: IncomingHttpHeaders): Promise<void>;
  readonly home: string;
}

export function createDomains({ store, home: given }: DomainsOptions): Domains {
  const home = given.toLowerCase();

  function askedIn(headers: IncomingHttpHeaders): string | undefined {
    // Headers come as bytes.
    const bytes = Buffer.from([headers['x-domain'] ?? ''].flat().join(','), 'latin1');
    return bytes.toString('utf8').trim().toLowerCase() || undefined;
  }

  function domainOf(login: string): string | undefined {
    const realm = login.includes('@') ? login.slice(login.lastIndexOf('@') + 1) : home;
    return realm === '' ? undefined : realm.toLowerCase();
  }

  function check(login: string, headers: IncomingHttpHeaders): void {
    const asked = askedIn(headers);
    const domain = domainOf(login);
    if (asked === undefined || asked === domain) return;
    const why = domain === undefined ? 'its login has no realm, and compat.interstellio.domain is not set' : '';
    const message = `There is nothing of that name in the domain ${asked.slice(0, 100)} of X-Domain${why && `: ${why}`}.`;
    throw new HttpError({ status: 404, code: 'not_found', message });
  }

  return {
    askedIn,
    domainOf,
    check,
    async checkSession({ userId, userName }, headers) {
      if (askedIn(headers) === undefined) return;
      // A session can go by the address of a station; its account says whose it is.
      const account = userId === '' ? undefined : await store.account(userId);
      check(account?.['login'] || userName, headers);
    },
    home,
  };
}
