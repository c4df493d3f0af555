// A plugin on its simulator to be played with by hand: its hooks, and its `device` outside of any hook, each call in a run of its own.
import { resolve } from 'node:path';
import { OssiaError } from '../errors.ts';
import type { Exchange } from '../model/outcome.ts';
import type { HookReport } from '../plugin-host/nas.ts';
import { unsupported } from '../plugin-sdk/verdict.ts';
import { type KitBox, openBox } from './box.ts';
import { caseOf, unknownHook } from './case-of.ts';
import { importPlugin, importSimulator } from './import-plugin.ts';
import { inProcessSandbox } from './in-process.ts';
import { openPluginKit } from './kit.ts';
import { reasonOf } from './run-case.ts';

type Method = (...args: unknown[]) => Promise<unknown>;
type Methods = Readonly<Record<string, Method>>;

export interface Bench {
  readonly name: string;
  readonly version: string;
  /** Of the catalogue, those that the plugin defines. */
  readonly hooks: readonly string[];
  /** As a hook has it; what answers in parts is collected. Errors are those of the device. */
  readonly device: Readonly<Record<string, Methods>>;
  /** A subscriber to begin with, to be changed as you like. */
  readonly account: Record<string, string>;
  readonly options: unknown;
  run(hook: string, account: Readonly<Record<string, string>>): Promise<HookReport>;
  state(): unknown;
  /** All that was sent and answered since the last reset. */
  journal(): readonly Exchange[];
  /** A new box. */
  reset(given?: { readonly state?: unknown; readonly options?: unknown }): Promise<void>;
  close(): Promise<void>;
}

interface Definition {
  readonly hooks: Readonly<Record<string, (input: { readonly token: string }, device: unknown) => unknown>>;
}

/** In this process, so that breakpoints hold. Rejects with `plugin_invalid`. */
export async function openBench(given: string): Promise<Bench> {
  const folder = resolve(given);
  const kit = await openPluginKit({ folder, engine: 'in-process' });
  const { parts, manifest } = kit;
  const [carrier = ''] = [...parts.hooks].flatMap(([hook, { kind }]) => (kind === 'read' ? [hook] : []));
  const { default: defined } = await importPlugin(folder);
  const definition = defined as Definition;
  /** What a run is for, by its token, when it is not the hook's own. */
  const errands = new Map<string, (device: Readonly<Record<string, Methods>>) => Promise<void>>();
  let lastErrand = 0;
  const own = definition.hooks[carrier];
  const carry: Definition['hooks'][string] = (input, device) => {
    const errand = errands.get(input.token);
    if (errand !== undefined) return errand(device as Readonly<Record<string, Methods>>);
    if (own === undefined) throw unsupported(`The plugin ${manifest.name} has no hook ${carrier}.`);
    return own(input, device);
  };
  const sandbox = inProcessSandbox(async () => ({
    default: { ...definition, hooks: { ...definition.hooks, [carrier]: carry } },
  }));
  const startSimulator = await importSimulator(folder);
  const first = caseOf(kit, { hook: 'user_add', name: undefined }) ?? kit.cases[0];
  let options: unknown = first?.options ?? {};
  let box: KitBox = await openBox({ folder, parts, sandbox, startSimulator, options });
  let journal: Exchange[] = [];

  async function run(hook: string, account: Readonly<Record<string, string>>, token?: string): Promise<HookReport> {
    if (!parts.hooks.has(hook)) throw withoutStack(unknownHook(parts.hooks, hook));
    const report = await box.run(hook, account, token === undefined ? {} : { token });
    journal.push(...report.exchanges);
    return report;
  }

  async function onDevice<Answer>(
    work: (device: Readonly<Record<string, Methods>>) => Promise<Answer>,
  ): Promise<Answer> {
    const token = `errand-${++lastErrand}`;
    let end:
      | { readonly ok: true; readonly answer: Answer }
      | { readonly ok: false; readonly error: unknown }
      | undefined;
    errands.set(token, async (device) => {
      end = await work(device).then(
        (answer) => ({ ok: true, answer }) as const,
        (error) => ({ ok: false, error }) as const,
      );
    });
    const { outcome } = await run(carrier, {}, token);
    errands.delete(token);
    if (end?.ok) return end.answer;
    throw withoutStack(end?.error ?? new OssiaError('aborted', reasonOf(outcome)));
  }

  const shape = await onDevice(async (device) =>
    Object.entries(device).map(([transport, methods]) => [transport, Object.keys(methods)] as const),
  );
  const device = Object.fromEntries(
    shape.map(([transport, methods]) => [
      transport,
      Object.fromEntries(
        methods.map((method): [string, Method] => [
          method,
          (...args) => onDevice(async (inside) => collected(await inside[transport]?.[method]?.(...args))),
        ]),
      ),
    ]),
  );

  return {
    name: kit.name,
    version: manifest.version,
    hooks: kit.hooks,
    device,
    account: { user_id: '1001', login: 'alice', ip: '10.1.2.3', ...first?.account },
    get options() {
      return options;
    },
    run,
    state: () => box.state(),
    journal: () => journal,
    async reset({ state = {}, options: wanted = options } = {}) {
      const next = await openBox({ folder, parts, sandbox, startSimulator, state, options: wanted });
      await box.close();
      [box, options, journal] = [next, wanted, []];
    },
    async close() {
      await box.close();
      await kit.close();
    },
  };
}

/** Whoever sits at a prompt wants the words; the frames would all be ours. */
function withoutStack(error: unknown): unknown {
  if (error instanceof Error) error.stack = `${error.name}: ${error.message}`;
  return error;
}

async function collected(answer: unknown): Promise<unknown> {
  if (typeof answer !== 'object' || answer === null || !(Symbol.asyncIterator in answer)) return answer;
  const lists = await Array.fromAsync(answer as AsyncIterable<unknown>);
  return lists.flat();
}
