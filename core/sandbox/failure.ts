// Makes the host's error of what a plugin threw: the host's own come back as they were, the rest are bugs of the plugin.
import { OssiaError } from '../errors.ts';
import type { GuestResult, Program } from './sandbox.ts';
import { mapStack } from './source-map.ts';
import type { GuestEnd } from './to-host.ts';

interface FailureInput {
  readonly ended: GuestEnd & { readonly type: 'threw' };
  /** What the host answered to this run's calls, by their numbers. */
  readonly errors: ReadonlyMap<number, OssiaError>;
  readonly program: Program;
}

export function failureOf({ ended, errors, program }: FailureInput): GuestResult {
  const { message, call, limit } = ended;
  const { stack, top } = mapStack(ended.stack, program.sourceMap);
  const shown = stack === '' ? {} : { stack };
  const original = call === undefined ? undefined : errors.get(call);
  if (original) return { type: 'failed', error: withMessage(original, message), ...shown };
  const where = top === '' ? '' : ` (${top})`;
  const error = new OssiaError(limit ? 'call_limit' : 'plugin_error', message + where);
  return { type: 'failed', error, ...shown };
}

/** A plugin may have wrapped it to say what it was about. */
function withMessage(original: OssiaError, message: string): OssiaError {
  if (message === original.message || original.code === 'internal') return original;
  const { code, fields, said, details } = original;
  return new OssiaError(code, message, { cause: original, fields, details, ...(said !== undefined && { said }) });
}
