// An error of a dialog with every secret taken out of its words and its details.
import { OssiaError } from '../../errors.ts';
import type { Mask } from '../../model/mask.ts';

export function maskedError({ code, message, details, cause, said }: OssiaError, mask: Mask): OssiaError {
  const shown = Object.entries(details).map(([key, item]) => [key, typeof item === 'string' ? mask(item) : item]);
  return new OssiaError(code, mask(message), {
    details: Object.fromEntries(shown) as OssiaError['details'],
    cause,
    ...(said === undefined ? {} : { said: mask(said) }),
  });
}
