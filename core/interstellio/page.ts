// Lists as Interstellio pages them: `l` a page (1 to 50, -1 for all), `p` from 1, `sc` and `sd` to sort.
import { z } from 'zod';

export const pageShape = {
  l: z.coerce
    .number()
    .int()
    .refine((l) => l === -1 || (l >= 1 && l <= 50), { error: 'expected 1 to 50, or -1 for all' })
    .default(50),
  p: z.coerce.number().int().min(1).default(1),
  sc: z.string().max(64).optional(),
  sd: z.enum(['asc', 'desc']).default('asc'),
};

export interface Paging {
  readonly l: number;
  readonly p: number;
}

export interface Sorting {
  readonly sc?: string | undefined;
  readonly sd: 'asc' | 'desc';
}

/** `payload` is that page already. */
export function pageOf<Item>(payload: readonly Item[], { l, p, records }: Paging & { readonly records: number }) {
  const size = l === -1 ? Math.max(1, records) : l;
  return { payload, metadata: { records, page: p, pages: Math.max(1, Math.ceil(records / size)), per_page: size } };
}

/** A page of a list that is here as a whole. A column that there is not leaves the order as it is. */
export function pageFrom<Item extends Record<string, unknown>>(all: readonly Item[], asked: Paging & Sorting) {
  const { l, p, sc, sd } = asked;
  const column = (item: Item): string => String((sc === undefined ? undefined : item[sc]) ?? '');
  const sign = sd === 'asc' ? 1 : -1;
  const sorted = sc === undefined ? all : all.toSorted((a, b) => sign * column(a).localeCompare(column(b)));
  const payload = l === -1 ? sorted : sorted.slice((p - 1) * l, p * l);
  return pageOf(payload, { l, p, records: all.length });
}
