// The promise that a subscriber who is added and deleted leaves nothing behind, whatever was told of him in between.
import type { Promised } from '../contract.ts';
import { diff, isSame } from '../diff.ts';
import { reasonOf } from '../run-case.ts';
import { neighbourOf } from './neighbour.ts';

const told = { rate_in: '5000', rate_out: '20000', usluga_id: '7' };

export const addThenDel: Promised = {
  name: 'add-then-del',
  promise: 'user_add and then user_del leave the box as it was, with flags, rates and services in between too',
  trials(kit) {
    if (!kit.hooks.includes('user_add') || !kit.hooks.includes('user_del')) return [];
    const between = kit.hooks.filter(
      (hook) => kit.parts.hooks.get(hook)?.kind === 'change' && hook !== 'user_add' && hook !== 'user_del',
    );
    const added = kit.cases.filter(({ hook, outcome }) => hook === 'user_add' && ['done', 'gone'].includes(outcome));
    return added.map(({ name, state, options, account: given }) => ({
      hook: 'user_del',
      name,
      async run() {
        const account: Readonly<Record<string, string>> = { ...told, ...given };
        // Where the box knows his address or login already, he may take over what was another's.
        const isMet = [account['ip'], account['login']].some((value) => value && JSON.stringify(state).includes(value));
        const box = await kit.openBox({ state, options });
        try {
          // What the box needs for anybody is there before, by a neighbour, who must keep what is his.
          for (const hook of ['user_add', ...between]) await box.run(hook, neighbourOf(account));
          const first = await box.run('user_del', account);
          // A profile may have nothing to tell its box of who is gone.
          if (first.outcome.type === 'unsupported') return [];
          const without = box.state();
          const problems: string[] = [];
          for (const hooks of [[], between]) {
            for (const hook of ['user_add', ...hooks]) await box.run(hook, account);
            const { outcome } = await box.run('user_del', account);
            const how = hooks.length === 0 ? 'user_add, user_del' : 'user_add, all other hooks, user_del';
            if (outcome.type !== 'done' && outcome.type !== 'gone')
              problems.push(`${how}: the last was ${outcome.type}: ${reasonOf(outcome)}`);
            const left = box.state();
            if (!(isMet ? isWithin(left, without) : isSame(without, left)))
              problems.push(`${how} left something:\n${diff({ wanted: without, got: left })}`);
          }
          return problems;
        } finally {
          await box.close();
        }
      },
    }));
  },
};

/** Nothing is in one that is not in the other. */
function isWithin(one: unknown, other: unknown): boolean {
  if (isSame(one, other)) return true;
  if (Array.isArray(one) && Array.isArray(other))
    return one.every((item) => other.some((known) => isSame(item, known)));
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) return false;
  return Object.entries(one).every(
    ([key, value]) => Object.hasOwn(other, key) && isWithin(value, Reflect.get(other, key)),
  );
}
