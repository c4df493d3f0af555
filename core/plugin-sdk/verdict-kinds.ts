// The names of the verdicts, for the SDK that makes them and the sandbox that reads them.

/** All of them. */
export const verdictKinds = ['refuse', 'retry', 'gone', 'unreachable', 'unsupported'] as const;

/** What a verdict says. */
export type VerdictKind = (typeof verdictKinds)[number];
