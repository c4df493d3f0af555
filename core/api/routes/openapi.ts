// GET /v1/openapi.json: this API, described by itself.
import { type OpenApiDocument, openApiDocument } from '../openapi.ts';
import { defineRoute, json, type Route } from '../route.ts';

/** `others`: the routes beside this one. */
export function openApiRoute({
  others,
  version,
}: {
  readonly others: readonly Route[];
  readonly version: string;
}): Route {
  let document: OpenApiDocument | undefined;
  const route: Route = defineRoute({
    method: 'GET',
    path: '/v1/openapi.json',
    scope: 'open',
    operationId: 'openApi',
    summary: 'This document.',
    answers: { 200: { description: 'OpenAPI 3.1.' } },
    async handle() {
      document ??= openApiDocument({ routes: [...others, route], version });
      return json(200, document);
    },
  });
  return route;
}
