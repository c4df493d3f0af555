// A plugin's device without the sandbox: its calls go as JSON, like the guest's, through the real transports to a box.
import { OssiaError } from '#core/errors.ts';
import type { Exchange } from '#core/model/outcome.ts';
import type { Device } from '#core/plugin-sdk/index.ts';
import type { Transport, TransportDefinition } from '#core/transport/transport.ts';

/** One transport and its section of a profile, e.g. from a simulator's `transports`. */
export interface DeviceTransport {
  readonly definition: TransportDefinition;
  readonly section: unknown;
}

export interface InProcessDevice {
  readonly device: Device;
  /** What the transports put into the journal so far, and what was recorded instead of sent. */
  readonly exchanges: readonly Exchange[];
  close(): Promise<void>;
}

export interface InProcessOptions {
  /** Milliseconds that one call may take. */
  readonly deadlineMs?: number;
  /** Records writes instead of sending them, as a dry run does. */
  readonly dryRun?: boolean;
}

export function inProcessDevice(
  transports: readonly DeviceTransport[],
  { deadlineMs = 10_000, dryRun = false }: InProcessOptions = {},
): InProcessDevice {
  const exchanges: Exchange[] = [];
  const opened: Transport[] = [];
  const device: Record<string, Record<string, (...args: unknown[]) => unknown>> = {};

  for (const { definition, section } of transports) {
    const transport = definition.connect(definition.config.parse(section), { nas: 'test', log: () => undefined });
    opened.push(transport);
    const record = (exchange: Pick<Exchange, 'kind' | 'text'>) =>
      exchanges.push({ at: Date.now(), via: definition.name, ...exchange });
    const contextNow = () => ({ signal: AbortSignal.timeout(deadlineMs), deadline: Date.now() + deadlineMs, record });
    const methods = Object.entries(definition.methods).map(([method, { access, args: schema, inParts }]) => {
      const parse = (given: unknown[]) => {
        const parsed = schema.safeParse(asJson(given));
        if (parsed.success) return parsed;
        throw new OssiaError('arguments_invalid', `${definition.name}.${method}: ${parsed.error}`);
      };
      async function* parts(...given: unknown[]) {
        const stream = transport.stream?.(method, parse(given).data, contextNow());
        for (let step = await stream?.next(); step && !step.done; step = await stream?.next()) yield asJson(step.value);
      }
      const call = async (...given: unknown[]) => {
        const parsed = parse(given);
        if (dryRun && access === 'write') {
          record({ kind: 'recorded', text: transport.describe(method, parsed.data) });
          return null;
        }
        return asJson(await transport.call(method, parsed.data, contextNow()));
      };
      return [method, inParts ? parts : call] as const;
    });
    device[definition.name] = Object.fromEntries(methods);
  }

  return {
    device: device as unknown as Device,
    exchanges,
    async close() {
      await Promise.all(opened.map((transport) => transport.close()));
    },
  };
}

function asJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
