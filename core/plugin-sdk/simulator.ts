// The shape of a plugin's simulator: a box on loopback that behaves like the real one, refusals included.

/** One command and its answer, each in the box's own language. */
export interface SimulatedExchange {
  /** What came. */
  readonly received: string;
  /** What it said to that. */
  readonly answered: string;
  /** Only asked for something: `sent` of a case leaves it out. */
  readonly isRead?: boolean;
  /**
   * The words of what came, as the box takes it apart, without the values in them: equal for any two values of a variable, unless one
   * of them is more than a value. What has none is not judged.
   */
  readonly shape?: readonly string[];
}

/** A box that runs. */
export interface Simulator {
  /** The `transports` section of a profile that reaches this box. */
  readonly transports: Readonly<Record<string, Record<string, unknown>>>;
  /**
   * Other ways to the same box, by name, each what it has instead in `transports`: a second protocol, an older version. The contract
   * tests run every case and promise over each of them too, and expect the same.
   */
  readonly ways?: Readonly<Record<string, Readonly<Record<string, Record<string, unknown>>>>>;
  /** What the box holds now, as plain data, for comparing before and after. */
  state(): unknown;
  /** Called for every command that the box takes, in its own language. */
  onExchange(listener: (exchange: SimulatedExchange) => void): void;
  /** The box begins anew with what it held at first; connections are cut by who asks. Without it the box is never rebooted. */
  reset?(): void;
  /** Ends it, and every connection to it. */
  close(): Promise<void>;
}

/** What `simulator.ts` exports as `startSimulator`. Listens on 127.0.0.1, on ports that the system picks. */
export type StartSimulator = (options?: { readonly state?: unknown }) => Promise<Simulator>;
