// The OpenAPI 3.1 document, made from the routes themselves and from the schemas that they are checked with.
import { z } from 'zod';
import { roles } from './access.ts';
import type { Described, Route } from './route.ts';
import { problemSchema } from './schemas/problem.ts';
import { apiSchemas } from './schemas/registry.ts';

export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

type Operation = Readonly<Record<string, unknown>>;
type JsonSchema = Record<string, unknown>;

const referenceTo = (id: string): string => `#/components/schemas/${id}`;

export function openApiDocument({ routes, version }: { routes: readonly Route[]; version: string }): OpenApiDocument {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    Object.assign(paths[route.path] ?? {}, { [route.method.toLowerCase()]: operationOf(route) });
  }
  const { schemas } = z.toJSONSchema(apiSchemas, { io: 'input', uri: referenceTo });
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ossia',
      version,
      description:
        'Billing events in, access equipment driven. The same API is on TCP and on the unix socket; callers on the socket need no token.',
    },
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutHead(schema)])),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: `Roles: ${Object.keys(roles).join(', ')}.` },
      },
    },
  };
}

function operationOf(route: Route): Operation {
  const answers = { ...route.answers, default: { description: 'What went wrong.', schema: problemSchema } };
  const body = bodyOf(route);
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
    ...(body === undefined ? {} : { requestBody: { required: !isOptional(route), content: body } }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [status, responseOf(status, answer)]),
    ),
    security: route.scope === 'open' ? [] : [{ token: [] }],
    ...(route.scope === 'open' ? {} : { 'x-roles': rolesFor(route.scope) }),
  };
}

function rolesFor(scope: string): string[] {
  return Object.entries(roles).flatMap(([role, granted]) =>
    scope === 'known' || (granted as readonly string[]).includes(scope) ? [role] : [],
  );
}

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): unknown[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [], additionalProperties: others } = z.toJSONSchema(schema, { io: 'output' });
  // Parameters of any name, each on its own: how OpenAPI says it of a query.
  const free = {
    name: 'conditions',
    in: place,
    required: false,
    style: 'form',
    explode: true,
    schema: { type: 'object', additionalProperties: others },
  };
  const more = typeof others === 'object' && place === 'query' ? [free] : [];
  const named = Object.entries(properties).map(([name, property]) => {
    const { default: fallback, description, ...rest } = property as JsonSchema;
    const list = rest['type'] === 'array' ? { style: 'form', explode: false } : {};
    const schema = fallback === undefined ? rest : { ...rest, default: fallback };
    const needed = place === 'path' || (required.includes(name) && fallback === undefined);
    return { name, in: place, required: needed, ...(description ? { description } : {}), ...list, schema };
  });
  return [...named, ...more];
}

/** As it is checked: no body is an empty one. */
function isOptional({ body }: Route): boolean {
  return body?.safeParse({}).success ?? false;
}

function bodyOf({ body, bodies }: Route): Record<string, unknown> | undefined {
  if (body !== undefined) return { 'application/json': { schema: schemaOf(body) } };
  if (bodies === undefined) return undefined;
  return Object.fromEntries(Object.entries(bodies).map(([type, schema]) => [type, { schema: schemaOf(schema) }]));
}

function responseOf(status: string, { description, schema, contentType }: Described): unknown {
  const failed = status === 'default' || (Number(status) >= 400 && schema === undefined);
  const type = failed ? 'application/problem+json' : (contentType ?? 'application/json');
  const shape = failed ? schemaOf(problemSchema) : schema === undefined ? { type: 'string' } : schemaOf(schema);
  return { description, content: { [type]: { schema: shape } } };
}

function schemaOf(schema: z.ZodType): JsonSchema {
  const id = apiSchemas.get(schema)?.id;
  return id === undefined ? withoutHead(z.toJSONSchema(schema, { io: 'input' })) : { $ref: referenceTo(id) };
}

function withoutHead({ $schema: _, $id: __, ...schema }: JsonSchema): JsonSchema {
  return schema;
}
