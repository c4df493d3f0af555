// What a profile says of its middleware, with the defaults of plugin.json filled in.
import type { DeviceOf, HookInput, HttpMethod } from '#plugin-sdk';
import { defaultRequests } from './default-requests.ts';
import type manifest from './plugin.json';

export type Device = DeviceOf<typeof manifest>;

export type RequestName =
  | 'find'
  | 'create'
  | 'update'
  | 'remove'
  | 'block'
  | 'unblock'
  | 'add_package'
  | 'remove_package'
  | 'list';

/** Texts in it are templates. */
export interface RequestTemplate {
  readonly method: HttpMethod;
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly form?: Readonly<Record<string, string | number | boolean>>;
  readonly json?: unknown;
  readonly exists?: readonly number[];
  readonly absent?: readonly number[];
}

export interface IptvOptions {
  readonly account: string;
  readonly packages: Readonly<Record<string, string | readonly string[]>>;
  readonly unknown_service: 'refuse' | 'ignore';
  readonly create_on: 'first_service' | 'user_add';
  readonly requires: readonly { readonly variable: string; readonly contains?: string; readonly refusal: string }[];
  readonly requests: Readonly<Partial<Record<RequestName, RequestTemplate | null>>>;
  readonly fields: Readonly<
    Record<'root' | 'id' | 'user_id' | 'login' | 'blocked' | 'packages' | 'package', string>
  > & {
    readonly blocked_is: boolean | number | string;
  };
  readonly paging: {
    readonly items: string;
    readonly cursor: string;
    readonly total: string;
    readonly first_page: number;
    readonly page_size: number;
  };
  readonly envelope?: {
    readonly field: string;
    readonly ok: string | number | boolean;
    readonly error: string;
    readonly exists: readonly string[];
    readonly absent: readonly string[];
    readonly busy: readonly string[];
  };
}

export type Input = HookInput<IptvOptions>;

/** Null: this middleware has no such thing. */
export function requestOf({ requests }: IptvOptions, name: RequestName): RequestTemplate | null {
  return Object.hasOwn(requests, name) ? (requests[name] ?? null) : defaultRequests[name];
}
