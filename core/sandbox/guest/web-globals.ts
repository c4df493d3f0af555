// What authors expect beside the language, named as in browsers. A text of its own: only an isolate that uses some of it has it.
import { atob, btoa } from './base64.ts';
import { type AskWorker, createCrypto } from './crypto.ts';
import { structuredClone } from './structured-clone.ts';
import { TextDecoder, TextEncoder } from './text-codec.ts';
import { createUrl } from './url.ts';
import { URLSearchParams } from './url-search-params.ts';
import type { webNames } from './web-names.ts';

type WebGlobals = Readonly<Record<(typeof webNames)[number], object>>;

export function createWebGlobals(ask: AskWorker): WebGlobals {
  const classes = { TextDecoder, TextEncoder, URL: createUrl(ask), URLSearchParams };
  return { ...classes, atob, btoa, crypto: createCrypto(ask), structuredClone };
}
