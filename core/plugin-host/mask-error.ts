// An error with the profile's secrets taken out, fit for a plugin, a journal, a log or an answer.

import { OssiaError, toOssiaError } from '../errors.ts';
import { type Mask, maskJson } from '../model/mask.ts';

/** Without the cause: it can hold anything. */
export function maskError(mask: Mask, thrown: unknown): OssiaError {
  const { code, message, fields, said, details } = toOssiaError(thrown);
  return new OssiaError(code, mask(message), {
    fields: fields.map(({ where, problem }) => ({ where: mask(where), problem: mask(problem) })),
    ...(said === undefined ? {} : { said: mask(said) }),
    details: maskJson(mask, details) as OssiaError['details'],
  });
}
