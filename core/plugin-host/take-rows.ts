// Takes the rows of a list as a plugin hands them over, hostile until parsed; what was wrong once stays wrong, whatever the plugin makes of it.
import type { z } from 'zod';
import { OssiaError, toOssiaError } from '../errors.ts';

export interface RowTaker {
  /** Rejects when the rows are not what they should be, so that the plugin stops. */
  take(rows: unknown): Promise<void>;
  /** Why the list counts for nothing; null while nothing is wrong. */
  problem(): OssiaError | null;
}

interface RowTakerInput<Row> {
  /** As in "a list of sessions". */
  readonly what: string;
  readonly rows: z.ZodType<readonly Row[]>;
  readonly most: number;
  onRows(rows: readonly Row[]): Promise<void> | void;
}

export function createRowTaker<Row>({ what, rows: schema, most, onRows }: RowTakerInput<Row>): RowTaker {
  let taken = 0;
  let isTaking = false;
  let problem: OssiaError | null = null;

  async function takeRows(given: unknown): Promise<void> {
    if (isTaking) throw noList('rows came while those before were being taken');
    const parsed = schema.safeParse(given);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const where = issue === undefined || issue.path.length === 0 ? '' : `, row ${taken + Number(issue.path[0]) + 1}`;
      const field = issue?.path.slice(1).join('.') ?? '';
      throw noList(`${issue?.message ?? ''}${field && ` (${field})`}${where}`);
    }
    taken += parsed.data.length;
    if (taken > most) throw noList(`more than ${most} rows`);
    isTaking = true;
    await onRows(parsed.data);
    isTaking = false;
  }

  function noList(why: string): OssiaError {
    return new OssiaError('arguments_invalid', `The plugin gave no list of ${what}: ${why}`);
  }

  return {
    async take(given) {
      if (problem) throw problem;
      try {
        await takeRows(given);
      } catch (error) {
        problem ??= toOssiaError(error);
        throw problem;
      }
    },
    problem: () => problem,
  };
}
