// The log for people at a terminal: one short line an entry instead of JSON.
import { Writable } from 'node:stream';

const letters: Readonly<Record<string, string>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info ',
  warn: 'WARN ',
  error: 'ERROR',
  fatal: 'FATAL',
};

export function createLogLines(to: { write(text: string): unknown }): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      for (const line of String(chunk).split('\n')) if (line !== '') to.write(`${lineFor(line)}\n`);
      done();
    },
  });
}

export function lineFor(json: string): string {
  const { time = '', level = '', msg = '', pid: _, err, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const rest = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const head = `${String(time).slice(11, 23)} ${letters[String(level)] ?? level} ${[msg, ...rest].join(' ')}`;
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${err.stack}` : '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: nothing that was logged may steer the terminal
  return head.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?') + stack;
}
