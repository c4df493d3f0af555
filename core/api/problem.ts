// Errors as the API says them: RFC 9457 problem details with our code, never a stack, never the words of an unexpected error.
import { type Code, codes, type FieldProblem, OssiaError } from '../errors.ts';

/** For what HTTP itself tells apart and our codes do not: 400, 405, 413, 415, ... */
export class HttpError extends OssiaError {
  readonly status: number;
  constructor({ status, code = 'input_invalid', message }: { status: number; code?: Code; message: string }) {
    super(code, message);
    this.status = status;
  }
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: Code;
  readonly instance: string;
  readonly errors?: readonly PointedError[];
}

export interface PointedError {
  /** JSON pointer into the request's body, or the name of the query or path parameter after a `?`. */
  readonly pointer: string;
  readonly detail: string;
}

const statuses: Partial<Record<Code, number>> = {
  input_invalid: 422,
  not_found: 404,
  unauthorized: 401,
  forbidden: 403,
  conflict: 409,
  overloaded: 429,
  stopping: 503,
  store_failed: 503,
  aborted: 503,
  deadline_exceeded: 504,
};

/** What fastify says, in our words; its own texts name its internals. */
const fastifyProblems: Record<string, { status: number; message: string }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { status: 413, message: 'The body is larger than this route takes; send it in parts.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    message: 'Send the body with the header content-type: application/json.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { status: 400, message: 'The body is not as long as Content-Length says.' },
  FST_ERR_BAD_URL: { status: 400, message: 'The address of this request is not a valid URL.' },
  FST_ERR_MAX_PARAM_LENGTH: { status: 414, message: 'A part of the path is longer than any name or id.' },
};

/** Whether the log should hear of it: nothing that a caller can cause at will. */
export function isOurs(error: OssiaError): boolean {
  return error.code === 'internal' || error.code === 'store_failed';
}

export function toApiError(error: unknown): OssiaError {
  if (error instanceof OssiaError) return error;
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const known = fastifyProblems[code];
  if (known !== undefined) return new HttpError(known);
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 400 && status < 500)
    return new HttpError({ status, message: 'The request is not one that this takes.' });
  return new OssiaError('internal', error instanceof Error ? error.message : String(error), { cause: error });
}

export function statusOf(error: OssiaError): number {
  return error instanceof HttpError ? error.status : (statuses[error.code] ?? 500);
}

export function problemOf(error: OssiaError, requestId: string): Problem {
  const status = statusOf(error);
  const hidden = error.code === 'internal';
  return {
    type: `urn:ossia:problem:${error.code}`,
    title: codes[error.code].meaning,
    status,
    detail: hidden ? `Something went wrong in Ossia; its log has it under request ${requestId}.` : error.message,
    code: error.code,
    instance: `urn:ossia:request:${requestId}`,
    ...(error.fields.length > 0 ? { errors: pointed(error.fields) } : {}),
  };
}

export function pointed(fields: readonly FieldProblem[], prefix = ''): PointedError[] {
  return fields.map(({ where, problem }) => ({ pointer: prefix + where, detail: problem }));
}
