// Reads request bodies: strict UTF-8, JSON with line and column of its fault, nothing that reaches for prototypes.
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { jsonFault } from './json-fault.ts';
import { HttpError } from './problem.ts';

export const jsonTypes = [
  'application/json',
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
] as const;

export function acceptJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>([...jsonTypes], { parseAs: 'buffer' }, (request, body, done) => {
    const refusal = encodingFault(request) ?? textFault(body);
    if (refusal !== undefined) return done(refusal, undefined);
    if (body.length === 0) return done(null, undefined);
    const text = body.toString('utf8');
    parse(request, text, (error, value) => done(error ? faultOf(text) : null, value));
  });
}

/** `application/json; charset=utf-8` without its parameters. */
export function mediaTypeOf(request: FastifyRequest): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

export function encodingFault(request: FastifyRequest): HttpError | undefined {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    return new HttpError({ status: 415, message: 'Send the body without Content-Encoding.' });
  const charset = /;\s*charset\s*=\s*"?([\w-]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset))
    return new HttpError({ status: 415, message: 'Send the body in UTF-8; other character sets are not taken.' });
  return undefined;
}

function textFault(body: Buffer): HttpError | undefined {
  // Replacement characters would be stored in place of a name: better to say it than to keep a broken text.
  if (!isUtf8(body)) return new HttpError({ status: 400, message: 'The body is not UTF-8.' });
  return undefined;
}

function faultOf(text: string): HttpError {
  const fault = jsonFault(text);
  if (fault === undefined)
    return new HttpError({ status: 400, message: 'The body has a "__proto__" or "constructor.prototype" in it.' });
  const { line, column, expected } = fault;
  return new HttpError({
    status: 400,
    message: `The body is not JSON: line ${line} column ${column}, expected ${expected}.`,
  });
}
