// A program: makes CoA calls that it reads as JSON from standard input, and prints how each ended. To be run in a namespace.
import { text } from 'node:stream/consumers';
import { toOssiaError } from '#core/errors.ts';
import { createCoaDefinition } from '#core/transport/coa/coa.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';

export interface CoaCalls {
  /** The `coa` section of a profile. */
  readonly config: Record<string, unknown>;
  readonly deadlineMs: number;
  readonly calls: readonly { readonly method: 'coa' | 'disconnect'; readonly attributes: Record<string, unknown> }[];
}

export type CoaResult =
  | { readonly answer: unknown; readonly exchanges: readonly string[] }
  | {
      readonly code: string;
      readonly said: string | undefined;
      readonly details: unknown;
      readonly exchanges: readonly string[];
    };

const { config, deadlineMs, calls } = JSON.parse(await text(process.stdin)) as CoaCalls;
const definition = createCoaDefinition(await loadDictionary('nas-profiles/dictionaries'));
const transport = definition.connect(definition.config.parse(config), { nas: 'hostapd', log: () => undefined });
const results: CoaResult[] = [];
for (const { method, attributes } of calls) {
  const exchanges: string[] = [];
  const context = {
    deadline: Date.now() + deadlineMs,
    signal: AbortSignal.timeout(deadlineMs),
    record: (exchange: { readonly text: string }) => void exchanges.push(exchange.text),
  };
  try {
    results.push({ answer: await transport.call(method, [attributes], context), exchanges });
  } catch (error) {
    const { code, said, details } = toOssiaError(error);
    results.push({ code, said, details, exchanges });
  }
}
await transport.close();
process.stdout.write(JSON.stringify(results));
