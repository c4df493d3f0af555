// Writes `device` as a text that makes it: what never changes is compiled once, where putting it together for each run took longer than the run.

/** What the text is the text of: a function from these to a plugin's `device`. */
export type MakeDevice = (
  call: (transport: string, method: string, args: unknown[]) => unknown,
  stream: (transport: string, method: string, args: unknown[]) => unknown,
  freeze: (made: object) => object,
) => object;

interface Offered {
  readonly device: Readonly<Record<string, readonly string[]>>;
  readonly streams: readonly string[];
}

export function deviceText({ device, streams }: Offered): string {
  const inParts = new Set(streams);

  function methodText(transport: string, method: string): string {
    const kind = inParts.has(`${transport}.${method}`) ? 'stream' : 'call';
    return `${keyText(method)}: (...args) => ${kind}(${JSON.stringify(transport)}, ${JSON.stringify(method)}, args)`;
  }

  const transports = Object.entries(device).map(
    ([transport, methods]) =>
      `${keyText(transport)}: ${frozenText(methods.map((method) => methodText(transport, method)))}`,
  );
  return `(call, stream, freeze) => ${frozenText(transports)}`;
}

/** In brackets no name means more than itself, `__proto__` neither. */
function keyText(name: string): string {
  return `[${JSON.stringify(name)}]`;
}

function frozenText(members: readonly string[]): string {
  return `freeze({ __proto__: null, ${members.join(', ')} })`;
}
