// The answers in parts that one run of a plugin has begun to take: a number each, and none outlives the run.
import { OssiaError } from '../errors.ts';
import { limits } from '../sandbox/limits.ts';

export interface Streams {
  /** Returns its number. */
  open(name: string, parts: AsyncIterator<unknown, void>): number;
  nameOf(stream: number): string;
  /** The next part, or null after the last. */
  next(stream: number): Promise<unknown>;
  close(): void;
}

interface Stream {
  readonly name: string;
  readonly parts: AsyncIterator<unknown, void>;
}

export function createStreams(): Streams {
  const open = new Map<number, Stream>();
  let last = 0;

  const drop = ({ parts }: Stream): void => void parts.return?.().catch(() => undefined);

  return {
    open(name, parts) {
      if (open.size >= limits.openStreams) {
        drop({ name, parts });
        throw new OssiaError(
          'call_limit',
          `More than ${limits.openStreams} answers in parts at once: take one to its end first.`,
        );
      }
      last += 1;
      open.set(last, { name, parts });
      return last;
    },
    nameOf: (stream) => open.get(stream)?.name ?? 'next',
    async next(stream) {
      const found = open.get(stream);
      if (found === undefined) throw new OssiaError('arguments_invalid', 'There is no such answer, or it has ended.');
      const forget = (): void => void open.delete(stream);
      const step = await found.parts.next().catch((error: unknown) => {
        forget();
        throw error;
      });
      if (!step.done) return step.value;
      forget();
      return null;
    },
    close() {
      for (const stream of open.values()) drop(stream);
      open.clear();
    },
  };
}
