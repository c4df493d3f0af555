// What every way to a router can do, whatever protocol it speaks: the interface between the transport's methods and API or REST.
import type { Deadline } from './deadline.ts';
import type { Row } from './menu.ts';

/** One print: rows of `menu` that equal `where`, of them only `proplist`'s properties when there are some. */
export interface Print {
  readonly menu: string;
  readonly where: Row;
  readonly proplist: readonly string[];
}

export interface RouterCall extends Deadline {
  /** Called when the command goes out; never, when it does not. */
  readonly onSent?: () => void;
}

/** Every promise settles before its deadline, whatever the router does, and rejects with an OssiaError only. */
export interface Router {
  print(asked: Print, call: RouterCall): Promise<readonly Row[]>;
  /** Any other command. Of an add the answer is one row, `ret` being the id. */
  run(path: string, properties: Row, call: RouterCall): Promise<readonly Row[]>;
  /** The same rows as `print`, in lists of up to `size`; nothing is read ahead of who takes them. */
  pages(asked: Print, call: RouterCall & { readonly size: number }): AsyncGenerator<Row[], void>;
  /** Ends what runs with `aborted`. Nothing can be asked afterwards. */
  close(): Promise<void>;
}

/** The query words of a print, without their mark; what must be empty has none, since nobody can ask for that. */
export function queriesOf({ where }: Print): string[] {
  return Object.entries(where).flatMap(([name, value]) => (value === '' ? [] : [`${name}=${value}`]));
}
