// Puts the web's globals there as names only; the first that is used has the text of all of them compiled.
import type { AskWorker } from './crypto.ts';
import { freezeMore } from './freeze.ts';
import { webNames } from './web-names.ts';

// Taken before the built-ins are, and out of the plugin's reach.
const compile = Function;
const { defineProperty, freeze } = Object;

/** After the built-ins are frozen: asking for one would make it. */
export function defineLazyGlobals(ask: AskWorker): void {
  let made: Readonly<Record<string, unknown>> | null = null;
  function make(): Readonly<Record<string, unknown>> {
    const text = ask('web globals', '');
    const create = compile('ask', `${text}\nreturn web.createWebGlobals(ask);\n//# sourceURL=ossia:prelude`);
    const all = create(ask) as Record<string, unknown>;
    freezeMore(Object.values(all));
    return all;
  }
  for (const name of webNames) {
    const get = (): unknown => {
      made ??= make();
      return made[name];
    };
    defineProperty(globalThis, name, { get: freeze(get), enumerable: false, configurable: false });
  }
}
