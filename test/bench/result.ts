// What every bench gives, and what it is asked for.

export interface BenchRun {
  /** How long each side is under load. */
  readonly seconds: number;
  /** Then nothing but the result is printed. */
  readonly json: boolean;
}

export interface BenchResult {
  readonly bench: string;
  readonly ours: number;
  readonly peer: number;
  /** ours / peer */
  readonly ratio: number;
  readonly unit: string;
  readonly details: BenchDetails;
}

export interface BenchDetails {
  readonly [name: string]: number | string | BenchDetails;
}
