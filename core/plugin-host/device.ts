// The device of one profile: the transports that its plugin asks for and it configures, each call granted, parsed and recorded.
import type { TransportDefinitions } from '../config/load-profile.ts';
import { pathText } from '../config/problems.ts';
import type { Profile } from '../config/profile.ts';
import { OssiaError } from '../errors.ts';
import type { KvStore } from '../model/kv.ts';
import type { CallContext, Transport, TransportDefinition, TransportEnvironment } from '../transport/transport.ts';
import type { ExchangeRecorder } from './exchange-recorder.ts';
import { createGrants } from './grants.ts';
import { createKvDefinition, kvName } from './kv.ts';
import { createPace, type Pace } from './pace.ts';
import type { PluginManifest } from './plugin-manifest.ts';

export interface OpenDevice {
  /** Granted transports and the methods of each. */
  readonly grants: Readonly<Record<string, readonly string[]>>;
  /** Those of the methods that answer in parts, as `routeros.pages`. */
  readonly streams: readonly string[];
  /** Rejects with an OssiaError, its texts not masked yet. */
  call(call: DeviceCall): Promise<unknown>;
  /** For methods that answer in parts. Throws an OssiaError when it may not be asked. */
  stream(call: DeviceCall): AsyncIterator<unknown, void>;
  close(): Promise<void>;
}

export interface DeviceCall {
  readonly transport: string;
  readonly method: string;
  /** Hostile until parsed here. */
  readonly args: readonly unknown[];
  readonly signal: AbortSignal;
  readonly deadline: number;
  /** `recorded`: a dry run; `refused`: a self-test or a listing, which only read. */
  readonly writes: 'sent' | 'recorded' | 'refused';
  readonly recorder: ExchangeRecorder;
}

interface OpenDeviceInput {
  readonly profile: Profile;
  readonly manifest: PluginManifest;
  readonly definitions: TransportDefinitions;
  readonly kv: KvStore;
  /** Shared by all that talk to this box. */
  readonly pace?: Pace;
  readonly now: () => number;
  readonly log: TransportEnvironment['log'];
}

interface Granted {
  readonly definition: TransportDefinition;
  readonly transport: Transport;
}

export function openDevice(input: OpenDeviceInput): OpenDevice {
  const { profile, manifest, definitions, kv, now, log } = input;
  const { pace = createPace(profile.limits.callsPerSecond) } = input;
  const granted = new Map<string, Granted>();
  const grants = createGrants({
    plugin: manifest.name,
    nas: profile.name,
    asked: manifest.transports,
    given: profile.grants,
  });
  for (const name of Object.keys(manifest.transports)) {
    const definition = definitionOf(name);
    if (definition === undefined) continue;
    const transport = definition.connect(profile.transports[name], { nas: profile.name, log });
    granted.set(name, { definition, transport });
  }
  function definitionOf(name: string): TransportDefinition | undefined {
    if (name === kvName) return createKvDefinition({ store: kv, plugin: manifest.name, now });
    const isThere = Object.hasOwn(definitions, name) && Object.hasOwn(profile.transports, name);
    return isThere ? definitions[name] : undefined;
  }

  function allowed({ transport: name, method, args }: DeviceCall) {
    const { definition, transport } = granted.get(name) ?? refuse(notGranted(name, profile.name));
    const rules = Object.hasOwn(definition.methods, method) ? definition.methods[method] : undefined;
    if (rules === undefined) return refuse(new OssiaError('not_granted', `${name} has no method ${method}.`));
    const parsed = rules.args.safeParse(args);
    if (!parsed.success) return refuse(wrongArguments(`${name}.${method}`, parsed.error.issues));
    const subjects = definition.subjects ? definition.subjects(method, parsed.data) : [[method]];
    const refusal = grants.refusal({ transport: name, access: rules.access, subjects });
    if (refusal) return refuse(new OssiaError('not_granted', `${name}.${method} ${wordsOf(subjects)}: ${refusal}.`));
    return { transport, rules, args: parsed.data };
  }

  const contextOf = ({ transport, signal, deadline, recorder }: DeviceCall): CallContext => ({
    signal,
    deadline,
    record: ({ kind, text }) => recorder.add({ kind, via: transport, text }),
  });

  return {
    grants: Object.fromEntries([...granted].map(([name, { definition }]) => [name, Object.keys(definition.methods)])),
    streams: [...granted].flatMap(([name, { definition }]) =>
      Object.entries(definition.methods).flatMap(([method, { inParts }]) => (inParts ? [`${name}.${method}`] : [])),
    ),

    async call(call) {
      const { transport: name, method, writes, recorder } = call;
      const { transport, rules, args } = allowed(call);
      if (rules.access === 'write' && writes !== 'sent') {
        if (writes === 'refused')
          return refuse(new OssiaError('not_granted', `${name}.${method} is a write, and here the box is only read.`));
        // It may read first.
        if (transport.plan) await pace(call);
        const planned = transport.plan?.(method, args, contextOf(call));
        if (planned !== undefined) return planned;
        recorder.add({ kind: 'recorded', via: name, text: transport.describe(method, args) });
        return null;
      }
      // The pace is for the box's sake.
      if (name !== kvName) await pace(call);
      return transport.call(method, args, contextOf(call));
    },

    stream(call) {
      const { transport, args } = allowed(call);
      const parts = transport.stream?.(call.method, args, contextOf(call));
      if (parts === undefined)
        return refuse(new OssiaError('not_granted', `${call.transport}.${call.method} does not answer in parts.`));
      let turn: Promise<void> | undefined;
      return {
        async next() {
          turn ??= pace(call);
          await turn;
          return parts.next();
        },
        return: async () => (await parts.return?.()) ?? { done: true, value: undefined },
      };
    },

    async close() {
      await Promise.allSettled([...granted.values()].map(({ transport }) => transport.close()));
    },
  };
}

function wordsOf(subjects: readonly (readonly string[])[] | null): string {
  const text = subjects?.map((words) => words.join(' ')).join('; ') ?? '(a line that the shell would still change)';
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

function refuse(error: OssiaError): never {
  throw error;
}

function notGranted(transport: string, nas: string): OssiaError {
  return new OssiaError('not_granted', `${nas} does not give this plugin the transport ${transport}.`);
}

function wrongArguments(
  call: string,
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): OssiaError {
  const fields = issues.map(({ path, message }) => ({
    where: `arguments${pathText(path.map((step) => (typeof step === 'number' ? step : String(step))))}`,
    problem: message,
  }));
  const all = fields.map(({ where, problem }) => `${where}: ${problem}`).join('; ');
  return new OssiaError('arguments_invalid', `${call}: ${all}`, { fields });
}
