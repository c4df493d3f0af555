// Refusals in the words of CGRateS.

export class RpcError extends Error {
  /** JSON-RPC 2.0 code. */
  readonly code: number;
  constructor(message: string, code = -32_000) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
  }
}

export function missing(...fields: readonly string[]): RpcError {
  return new RpcError(`MANDATORY_IE_MISSING: [${fields.join(' ')}]`, -32_602);
}
