// One fastify application for one door: routes from their contracts, problems for everything else.
import { randomBytes } from 'node:crypto';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { OssiaError } from '../errors.ts';
import type { Log } from '../log.ts';
import { allow, type Caller } from './access.ts';
import { refuseBrokenRequests } from './broken-request.ts';
import type { Door } from './door.ts';
import { acceptJson, encodingFault, mediaTypeOf } from './json-body.ts';
import type { ApiLimits } from './limits.ts';
import { HttpError, isOurs, problemOf, statusOf, toApiError } from './problem.ts';
import type { Route } from './route.ts';

interface AppOptions {
  readonly door: Door;
  readonly routes: readonly Route[];
  readonly limits: ApiLimits;
  readonly log: Log;
}

const smallBody = 65_536;

export function buildApp({ door, routes, limits, log }: AppOptions): FastifyInstance {
  const run = randomBytes(3).toString('hex');
  let requests = 0;
  const app = fastify({
    logger: false,
    bodyLimit: smallBody,
    requestTimeout: limits.requestMs,
    // What is on its way while we stop is answered by the stages themselves, as a problem.
    return503OnClosing: false,
    genReqId: () => `${run}-${++requests}`,
    routerOptions: { maxParamLength: 200 },
    http: {
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: Math.min(2_000, limits.headersMs),
      maxHeaderSize: 16_384,
    },
    clientErrorHandler: refuseBrokenRequests,
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply as FastifyReply),
  });
  app.server.maxConnections = limits.connections;
  const stopping = new AbortController();
  app.addHook('preClose', (done) => {
    stopping.abort(new OssiaError('stopping', 'The daemon is stopping.'));
    done();
  });
  acceptJson(app);

  function sendProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    return sendFailure({ thrown, request, reply, failure: asProblem });
  }

  function sendFailure({ thrown, request, reply, failure }: Failure): FastifyReply {
    const error = toApiError(thrown);
    const { method, url } = request;
    if (isOurs(error)) log.error({ err: error, request: request.id, method, path: pathOf(url) }, 'request failed');
    const status = statusOf(error);
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    if (status === 503 || status === 429) reply.header('retry-after', '1');
    // A refused body is not read to its end, so the connection cannot be used again.
    if (status === 413 || status === 408) reply.header('connection', 'close');
    const { text, contentType } = failure({ error, status, requestId: request.id });
    return reply.code(status).type(contentType).send(text);
  }

  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    door.check(request);
    done();
  });
  if (log.isLevelEnabled('debug'))
    app.addHook('onResponse', (request, reply, done) => {
      const { method, url } = request;
      log.debug({ method, path: pathOf(url), status: reply.statusCode, ms: reply.elapsedTime }, 'request');
      done();
    });
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) => {
    const methods = methodsAt(routes, pathOf(request.url));
    if (methods.length === 0)
      throw new HttpError({
        status: 404,
        code: 'not_found',
        message: 'There is no such path; GET /v1/openapi.json describes every one.',
      });
    reply.header('allow', methods.join(', '));
    throw new HttpError({
      status: 405,
      message: `${request.method} is not for this path; it takes ${methods.join(', ')}.`,
    });
  });
  for (const route of routes) {
    const { failure } = route;
    const own: ErrorHandler | undefined =
      failure && ((thrown, request, reply) => void sendFailure({ thrown, request, reply, failure }));
    const place = { door, route, limits, errorHandler: own, stopping: stopping.signal };
    if (route.streamed === undefined) addRoute({ app, ...place });
    else addStreamedRoute({ app, ...place });
  }
  return app;
}

interface Failure {
  readonly thrown: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly failure: NonNullable<Route['failure']>;
}

type ErrorHandler = (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => void;

const asProblem: Failure['failure'] = ({ error, requestId }) => ({
  text: JSON.stringify(problemOf(error, requestId)),
  contentType: 'application/problem+json; charset=utf-8',
});

interface RoutePlace {
  readonly app: FastifyInstance;
  readonly door: Door;
  readonly route: Route;
  readonly limits: ApiLimits;
  readonly errorHandler: ErrorHandler | undefined;
  readonly stopping: AbortSignal;
}

/** In a scope of its own: no other route takes such a body. */
function addStreamedRoute({ app, ...place }: RoutePlace): void {
  const { streamed = '' } = place.route;
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (request, body, done) => {
      const isOther = mediaTypeOf(request) !== streamed;
      const message = `Send the body with the header content-type: ${streamed}.`;
      const refusal = isOther ? new HttpError({ status: 415, message }) : encodingFault(request);
      done(refusal ?? null, body);
    });
    let running = 0;
    scope.addHook('onRequest', (_request, reply, done) => {
      running++;
      // Node has one bound for all requests of a server: none while such a body comes, which the route watches by itself.
      app.server.requestTimeout = 0;
      reply.raw.once('close', () => {
        running--;
        if (running === 0) app.server.requestTimeout = place.limits.requestMs;
      });
      done();
    });
    addRoute({ app: scope, ...place });
  });
}

function addRoute({ app, door, route, limits, errorHandler, stopping }: RoutePlace): void {
  const callers = new WeakMap<FastifyRequest, Caller>();
  const nobody: Caller = { name: '', role: 'viewer' };
  app.route({
    method: route.method,
    url: route.path.replace(/\{(\w+)\}/g, ':$1'),
    bodyLimit: route.bodyLimit ?? smallBody,
    ...(errorHandler === undefined ? {} : { errorHandler }),
    exposeHeadRoute: route.method === 'GET' && route.path !== '/v1/stream',
    // Before the body is read: who may not send is not listened to.
    onRequest(request, _reply, done) {
      if (route.scope !== 'open') {
        const caller = door.identify(request, route.tokenHeader);
        if (route.scope !== 'known') allow(caller, route.scope);
        callers.set(request, caller);
      }
      done();
    },
    async handler(request, reply) {
      const { params, query, body } = request;
      const answered = route.handle({
        params,
        query,
        body,
        mediaType: mediaTypeOf(request),
        caller: callers.get(request) ?? nobody,
        source: door.source,
        headers: request.headers,
        response: reply.raw,
        stopping,
      });
      const answer = await (route.streamed ? answered : withinDeadline(answered, limits.handlerMs));
      if (answer === 'taken over') return reply.hijack();
      return reply.code(answer.status).type(answer.contentType).send(answer.text);
    },
  });
}

/** Fastify's own `handlerTimeout` ends with the reading of the body, so it would not watch the handlers that matter most. */
async function withinDeadline<Value>(promise: Promise<Value>, ms: number): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooLate), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const tooLate = new OssiaError(
  'deadline_exceeded',
  'No answer in time. What was asked may have happened: an event can safely be sent again with the same id.',
);

function methodsAt(routes: readonly Route[], path: string): string[] {
  const matching = routes.filter((route) => new RegExp(`^${route.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path));
  return [...new Set(matching.map(({ method }) => method))];
}

/** Without the query: it may hold names of subscribers. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
