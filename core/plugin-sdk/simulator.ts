// The shape of a plugin's simulator: a box on loopback that behaves like the real one, refusals included.

export interface SimulatedExchange {
  readonly received: string;
  readonly answered: string;
}

export interface Simulator {
  /** The `transports` section of a profile that reaches this box. */
  readonly transports: Readonly<Record<string, Record<string, unknown>>>;
  /** What the box holds now, as plain data, for comparing before and after. */
  state(): unknown;
  /** Called for every command that the box takes, in its own language. */
  onExchange(listener: (exchange: SimulatedExchange) => void): void;
  close(): Promise<void>;
}

/** What `simulator.ts` exports as `startSimulator`. Listens on 127.0.0.1, on ports that the system picks. */
export type StartSimulator = (options?: { readonly state?: unknown }) => Promise<Simulator>;
