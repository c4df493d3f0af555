// Every route of the API, in the order of its document.
import type { ApiDependencies } from './deps.ts';
import type { Feed } from './feed.ts';
import type { ApiLimits } from './limits.ts';
import { noSessions } from './no-sessions.ts';
import type { Route } from './route.ts';
import { accountRoutes } from './routes/accounts.ts';
import { accountImportRoutes } from './routes/accounts-import.ts';
import { accountPutRoutes } from './routes/accounts-put.ts';
import { auditRoutes } from './routes/audit.ts';
import { diagnosticRoutes } from './routes/diagnostics.ts';
import { driftRoutes } from './routes/drift.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { hookRoutes } from './routes/hooks.ts';
import { jobRoutes } from './routes/jobs.ts';
import { jobBulkRoutes } from './routes/jobs-bulk.ts';
import { nasRoutes } from './routes/nas.ts';
import { nasResyncRoutes } from './routes/nas-resync.ts';
import { nasSyncRoutes } from './routes/nas-sync.ts';
import { openApiRoute } from './routes/openapi.ts';
import { pauseRoutes } from './routes/pause.ts';
import { planRoutes } from './routes/plan.ts';
import { pluginKvRoutes } from './routes/plugin-kv.ts';
import { pluginRoutes } from './routes/plugins.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { sessionActRoutes } from './routes/sessions-act.ts';
import { sessionAnalysisRoutes } from './routes/sessions-analysis.ts';
import { shadowRoutes } from './routes/shadow.ts';
import { streamRoutes } from './routes/stream.ts';

interface Parts {
  readonly deps: ApiDependencies;
  readonly feed: Feed;
  readonly limits: ApiLimits;
}

export function allRoutes({ deps, feed, limits }: Parts): Route[] {
  const withSessions = { ...deps, sessions: deps.sessions ?? noSessions };
  const others = [
    ...eventRoutes({ ...deps, limits }),
    ...jobRoutes(deps),
    ...jobBulkRoutes(deps),
    ...streamRoutes({ directory: deps.directory, feed }),
    ...accountRoutes(deps),
    ...accountPutRoutes({ ...deps, limits }),
    ...accountImportRoutes(deps),
    ...diagnosticRoutes(deps),
    ...planRoutes(deps),
    ...sessionRoutes(withSessions),
    ...sessionActRoutes(withSessions),
    ...sessionAnalysisRoutes(withSessions),
    ...nasRoutes(deps),
    ...nasSyncRoutes(deps),
    ...nasResyncRoutes(deps),
    ...driftRoutes(deps),
    ...pluginRoutes(deps),
    ...pluginKvRoutes(deps),
    ...shadowRoutes(deps),
    ...pauseRoutes(deps),
    ...auditRoutes(deps),
    ...hookRoutes(deps),
    ...healthRoutes(deps),
  ];
  return [...others, openApiRoute({ others, version: deps.version })];
}
