// Every route of the API, in the order of its document.
import type { ApiDependencies } from './deps.ts';
import type { JobFeed } from './job-feed.ts';
import type { ApiLimits } from './limits.ts';
import type { Route } from './route.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { hookRoutes } from './routes/hooks.ts';
import { jobRoutes } from './routes/jobs.ts';
import { nasRoutes } from './routes/nas.ts';
import { nasSyncRoutes } from './routes/nas-sync.ts';
import { openApiRoute } from './routes/openapi.ts';
import { streamRoutes } from './routes/stream.ts';

interface Parts {
  readonly deps: ApiDependencies;
  readonly feed: JobFeed;
  readonly limits: ApiLimits;
}

export function allRoutes({ deps, feed, limits }: Parts): Route[] {
  const others = [
    ...eventRoutes({ ingest: deps.ingest, limits }),
    ...jobRoutes(deps),
    ...streamRoutes({ directory: deps.directory, feed }),
    ...nasRoutes(deps),
    ...nasSyncRoutes(deps),
    ...hookRoutes(deps),
    ...healthRoutes(deps),
  ];
  return [...others, openApiRoute({ others, version: deps.version })];
}
