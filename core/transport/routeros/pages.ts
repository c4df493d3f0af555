// The rows of one long answer, page by page: what nobody has taken yet stays with the router.
import { within } from './deadline.ts';
import type { Call, Link } from './link.ts';
import type { Row } from './menu.ts';

interface PagesInput {
  /** For this answer alone: it stands still while nobody takes a page. */
  readonly link: Link;
  readonly words: readonly string[];
  readonly call: Call & { readonly size: number };
  /** A router that says nothing for this long while somebody waits is gone. */
  readonly silenceMs: number;
}

/** Ends well only after the router's `!done`. */
export async function* readPages({ link, words, call, silenceMs }: PagesInput): AsyncGenerator<Row[], void> {
  const { size, signal, deadline } = call;
  const rows: Row[] = [];
  let wake = (): void => undefined;
  let end: { readonly error: unknown } | 'done' | null = null;
  const onRow = (row: Row): void => {
    rows.push(row);
    if (rows.length >= size) link.pause();
    wake();
  };
  link.request(words, { ...call, onRow }).then(
    () => {
      end = 'done';
      wake();
    },
    (error: unknown) => {
      end = { error };
      wake();
    },
  );
  for (;;) {
    while (rows.length < size && end === null) {
      const word = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await within({ signal, deadline: Math.min(deadline, Date.now() + silenceMs) }, word);
    }
    if (end !== null && end !== 'done') throw (end as { readonly error: unknown }).error;
    if (rows.length === 0) return;
    yield rows.splice(0, size);
    if (rows.length < size) link.resume();
  }
}
