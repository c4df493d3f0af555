// A NAS as an admin wants to see it: what is in force, since when, what is wrong with the newest save, how its gate stands.
import { z } from 'zod';
import type { Nas, NasPlugin, NasStatus } from '../../plugin-host/nas.ts';
import type { SandboxUsage } from '../../sandbox/sandbox.ts';
import type { Pause } from '../../store/store.ts';
import { breakerStates, type GateReport } from '../deps.ts';
import { iso } from './job.ts';
import { pausedAnswer, pausedSchema } from './pause.ts';
import { named, time } from './registry.ts';

export const nasSchema = named(
  'Nas',
  z.object({
    name: z.string(),
    file: z.string(),
    state: z
      .enum(['live', 'outdated', 'refused'])
      .describe('`outdated`: the newest save is refused, an older one goes on. `refused`: nothing is in force.'),
    address: z.string().nullable(),
    plugin: z
      .object({ name: z.string(), version: z.string(), hash: z.string(), hooks: z.array(z.string()) })
      .nullable()
      .describe('`hooks`: all that run here, those of `beside` too.'),
    beside: z
      .object({ name: z.string(), version: z.string(), hash: z.string(), hooks: z.array(z.string()) })
      .nullable()
      .describe('The plugin that some of the hooks go to, and which.'),
    shadow: z
      .object({ name: z.string(), version: z.string().nullable(), hash: z.string().nullable(), problem: z.string() })
      .nullable()
      .describe('The plugin that only looks on; `GET /v1/shadow` says what it has seen.'),
    transports: z.array(
      z.object({
        name: z.string(),
        host: z.string().nullable(),
        port: z.int().nullable(),
        grants: z.array(z.string()).describe('Patterns of what the plugin may do there; empty: it asks for nothing.'),
      }),
    ),
    match: z.object({
      nas_ip: z.array(z.string()),
      nas_identifier: z.array(z.string()),
      nas_id: z.array(z.string()),
    }),
    since: time.nullable().describe('When what is in force was swapped in.'),
    problem: z.string().describe('Why the newest save is not in force; empty when it is.'),
    problems: z.array(z.object({ where: z.string(), problem: z.string() })),
    warning: z.string(),
    trial: z
      .object({
        against: z.string().describe('The version before, which does what this one fails at.'),
        runs: z.int(),
        worse: z.int().describe('Jobs that failed under this one and not under that.'),
      })
      .nullable()
      .describe(
        'What is in force is new: when several of its first jobs fail that the one before does, it is taken back.',
      ),
    quarantine: z
      .object({ since: time, reason: z.string() })
      .nullable()
      .describe(
        'Nothing of the plugin is run here and its jobs are parked, until it is reloaded, released or changed.',
      ),
    running: z.int(),
    waiting: z.int(),
    breaker: z.enum(breakerStates),
    next_probe_at: time.nullable(),
    usage: z
      .object({
        runs: z.int(),
        calls: z.int().describe('What its runs asked of the box.'),
        run_seconds: z.number().describe('How long its runs took, mostly waiting for the box.'),
        cpu_seconds: z.number(),
        memory_bytes: z.int(),
      })
      .nullable()
      .describe('What its plugin used of this machine since the profile was first in force; null when none is loaded.'),
    paused: pausedSchema.nullable().describe('Nothing new runs until somebody resumes it.'),
  }),
);

export const nasListSchema = named('NasList', z.object({ nas: z.array(nasSchema) }));

interface Standing {
  readonly gate: GateReport;
  readonly usage: SandboxUsage | null;
  readonly pause: Pause | undefined;
}

export function nasAnswer(status: NasStatus, { gate, usage, pause }: Standing): z.output<typeof nasSchema> {
  const { nas } = status;
  const match = nas?.profile.match;
  return {
    name: status.name,
    file: status.file,
    state: nas === null ? 'refused' : status.problem === '' ? 'live' : 'outdated',
    address: match?.nas_ip[0] ?? null,
    plugin: nas && pluginAnswer(nas.plugin),
    beside: nas?.beside === undefined ? null : pluginAnswer(nas.beside),
    shadow: shadowAnswer(nas),
    transports: transportsOf(nas),
    match: {
      nas_ip: [...(match?.nas_ip ?? [])],
      nas_identifier: [...(match?.nas_identifier ?? [])],
      nas_id: [...(match?.nas_id ?? [])],
    },
    since: status.since,
    problem: status.problem,
    problems: [...status.problems],
    warning: status.warning,
    trial: status.trial,
    quarantine: status.quarantine && { since: iso(status.quarantine.since), reason: status.quarantine.reason },
    running: gate.running,
    waiting: gate.waiting,
    breaker: gate.breaker,
    next_probe_at: gate.nextProbeAt === 0 ? null : iso(gate.nextProbeAt),
    usage: usage && {
      runs: usage.runs,
      calls: usage.calls,
      run_seconds: usage.runMs / 1_000,
      cpu_seconds: usage.cpuMs / 1_000,
      memory_bytes: usage.memoryBytes,
    },
    paused: pause === undefined ? null : pausedAnswer(pause),
  };
}

function pluginAnswer({ name, version, hash, hooks }: NasPlugin) {
  return { name, version, hash, hooks: [...hooks].sort() };
}

function shadowAnswer(nas: Nas | null) {
  if (nas?.shadow === undefined) return null;
  const { plugin, problem } = nas.shadow;
  const name = plugin?.name ?? nas.profile.shadow?.plugin ?? '';
  return { name, version: plugin?.version ?? null, hash: plugin?.hash ?? null, problem };
}

/** The sections hold secrets: only these two fields ever leave them. */
function transportsOf(nas: Nas | null) {
  return Object.entries(nas?.profile.transports ?? {}).map(([name, section]) => ({
    name,
    host: fieldOf({ section, field: 'host', type: 'string' }),
    port: fieldOf({ section, field: 'port', type: 'number' }),
    grants: [...(nas?.profile.grants[name] ?? nas?.plugin.asks[name] ?? [])],
  }));
}

interface Types {
  string: string;
  number: number;
}

function fieldOf<Type extends keyof Types>(from: { section: unknown; field: string; type: Type }): Types[Type] | null {
  const { section, field, type } = from;
  if (typeof section !== 'object' || section === null) return null;
  const value: unknown = Reflect.get(section, field);
  return typeof value === type ? (value as Types[Type]) : null;
}
