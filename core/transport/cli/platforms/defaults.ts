// What most command lines have alike; a platform says what it has otherwise.
import type { Platform } from '../platform.ts';

/** Printable ASCII but quotes and backslash, and `?`, which is help on most and completes nothing good on the rest. */
const quotable = /^[\x20-\x21\x23-\x29\x2b-\x3e\x40-\x5b\x5d-\x7e]+$/;

/** No wildcard, no pipe, no comment, no bracket, no comma that makes a list. */
const bare = /^[A-Za-z0-9_.:/@+=%~-]+$/;

const never = /[^\x20-\x7e]|\?/;

export const withoutQuotes = { bare, quoted: null, never, longest: 240 };

/** Double quotes around what a word may not hold. `*` stays out: it is a wildcard within quotes too. */
export const withQuotes = { bare, quoted: quotable, never, longest: 500 };

export const usual = {
  enter: '\r',
  login: {
    user: /(?:^|[\s(])(?:login|user ?name|username):\s*$/i,
    password: /password[^\n]{0,80}:\s*$/i,
    failed:
      /^.{0,40}(?:login (?:incorrect|invalid|failed)|authentication fail|access denied|bad (?:passwords?|secrets)|permission denied)/im,
  },
  pager: { mark: /[-<(]{1,8} ?\(?more\b[^\n]{0,60}$/i, key: ' ' },
  privilege: null,
  busy: [],
  noise: [],
  configuration: null,
} satisfies Partial<Platform>;
