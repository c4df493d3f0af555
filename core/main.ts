#!/usr/bin/env node
// The program itself: the one file that does something by being imported.
import { enableCompileCache } from 'node:module';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

// A command starts in a third of the time. Beside the code, not in the shared /tmp: what is loaded from there is trusted.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/ossia', import.meta.url)));
const { runCli } = await import('./cli/cli.ts');

// A pager that is closed early is no reason for a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

// Profiles refer to secrets in the environment: what is started from here, esbuild's own process among it, inherits none of them.
const env = { ...process.env };
const inherited =
  /^(PATH|HOME|TMPDIR|TZ|LANG|LC_[A-Z]+|TERM|NO_COLOR|NODE_(OPTIONS|ENV|COMPILE_CACHE|EXTRA_CA_CERTS)|LD_[A-Z_]+)$/;
for (const name of Object.keys(env)) if (!inherited.test(name)) delete process.env[name];

const code = await runCli(process.argv.slice(2), {
  env,
  out: (message) => void process.stdout.write(message),
  err: (message) => void process.stderr.write(message),
  columns: process.stdout.isTTY ? process.stdout.columns : 0,
  stdin: () => text(process.stdin),
  async confirm(question) {
    if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
    const { createInterface } = await import('node:readline');
    process.stderr.write(`${question} [y/N] `);
    for await (const answer of createInterface({ input: process.stdin })) return /^\s*y(es)?\s*$/i.test(answer);
    return false;
  },
  onSignal(name, handler) {
    process.on(name, handler);
    return () => void process.off(name, handler);
  },
  exit: (status) => process.exit(status),
});

// Whatever a stage may have left open must not keep the process; what was printed is flushed first.
process.stdout.write('', () => process.exit(code));
