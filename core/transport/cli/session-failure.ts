// How a dialog with a box can fail, each in words that tell the operator where it stood.
import { OssiaError } from '../../errors.ts';
import type { CliConfig } from './config.ts';

export function notIn({ host, port }: CliConfig): OssiaError {
  return new OssiaError('nas_unreachable', `${host}:${port} did not let us in before the deadline; nothing was sent.`);
}

export function lateAnswer(line: string, shown: string): OssiaError {
  const but = shown === '' ? '' : ` Its last line is: ${shown.slice(0, 200)}`;
  return new OssiaError('nas_timeout', `"${line}" came to no prompt in time; it may still take effect.${but}`, {
    said: shown.slice(0, 500),
  });
}

export function unanswered(line: string, asked: string): OssiaError {
  return new OssiaError('nas_refused', `The box asks after "${line}", and nobody answers: ${asked.slice(0, 200)}`, {
    said: asked.slice(0, 500),
  });
}

/** One that shows nothing at all is late; one that shows something else is not where it seemed to be. */
export function noEcho(box: string, line: string, raw: string): OssiaError {
  const code = raw === '' ? 'nas_timeout' : 'nas_protocol';
  return new OssiaError(code, `${box} does not show "${line}" as it was typed; return was not pressed.`, {
    said: raw.slice(-500),
  });
}

export function unknown(box: string, raw: string): OssiaError {
  return new OssiaError('nas_protocol', `${box} said something that nobody asked for; the session was closed.`, {
    said: raw.slice(-500),
  });
}
