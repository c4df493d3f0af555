// Whatever states follow each other: a box that does what the derived hooks say has what the account should have, and no other box has anything.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { derive, type WantedState } from '#core/map/derive.ts';
import { effectsOf } from '#core/map/effects.ts';
import type { Account } from '#core/model/account.ts';
import { nasKeyOf, nasRefOf } from '#core/model/account.ts';
import { type AccountRecord, accessOf, differencesOf, rateText, type State, settledBy } from '#core/model/state.ts';
import { catalogue } from '#test/support/catalogue.ts';

const effects = effectsOf(catalogue);

const flag = fc.constantFrom('true', 'false');
const wanted: fc.Arbitrary<WantedState> = fc
  .record({
    variables: fc.record(
      {
        user_id: fc.constant('1001'),
        nas_ip: fc.constantFrom('10.0.0.1', '10.0.0.2'),
        ip: fc.constantFrom('10.1.2.3', '10.1.2.4'),
        login: fc.constantFrom('алиса', 'боб'),
        tariff_name: fc.constantFrom('Ночной', 'Дневной', ''),
      },
      { requiredKeys: ['user_id', 'nas_ip'] },
    ),
    told: fc.record(
      {
        exists: fc.oneof({ weight: 4, arbitrary: fc.constant('true') }, { weight: 1, arbitrary: fc.constant('false') }),
        ...{ accept: flag, redirect: flag, own_disabled: flag, logged: flag },
        rate: fc.constantFrom(
          'none',
          rateText({ rate_in: '1', rate_out: '2' }),
          rateText({ rate_in: '9', rate_out: '9' }),
        ),
      },
      { requiredKeys: [] },
    ),
    services: fc.option(fc.subarray(['тв', 'спорт', 'кино']), { nil: undefined }),
  })
  .map(({ services, ...rest }) => ({ ...rest, ...(services !== undefined && { services }) }) as WantedState);

interface Box {
  state: State;
  /** With which variables the account was added. */
  identity: Account;
}

test('boxes follow the states of an account', () => {
  fc.assert(
    fc.property(fc.array(wanted, { minLength: 1, maxLength: 12 }), (states) => {
      const boxes = new Map<string, Box>();
      let record: AccountRecord | undefined;
      for (const [step, state] of states.entries()) {
        const derived = derive({ before: record, wanted: state, effects, at: 1000 + step });
        const shut = derived !== null && accessOf(derived.record.desired).access === 'redirected';
        for (const { hook, account } of derived?.calls ?? []) {
          const settles = catalogue.get(hook)?.settles ?? null;
          expect(catalogue.get(hook)?.payload.safeParse(account).success, hook).toBe(true);
          const key = nasKeyOf(nasRefOf(account));
          const box = boxes.get(key) ?? { state: {}, identity: {} };
          const news = settledBy(settles, account);
          const isBarrier = settles?.flag === 'exists';
          // A removal names what is there by the values that it was added with, whatever was edited since.
          if (news['exists'] === 'false')
            for (const name of ['ip', 'login']) expect(account[name] ?? '', hook).toBe(box.identity[name] ?? '');
          boxes.set(key, {
            state: isBarrier ? news : { ...box.state, ...news },
            identity: news['exists'] === 'true' ? account : box.identity,
          });
          // Whoever must see a page is let in by nothing on the way.
          if (shut && news['accept'] === 'true')
            expect(accessOf(boxes.get(key)?.state ?? {}).access, hook).toBe('redirected');
        }
        const version = record?.version ?? 0;
        record = derived?.record ?? record;
        expect(record?.version).toBe(derived === null ? version : version + 1);
        // Told again, there is nothing to do.
        expect(derive({ before: record, wanted: state, effects, at: 1 })).toBeNull();
        for (const [key, { state: has }] of boxes) {
          if (key === record?.nasKey) expect(differencesOf(record.desired, has)).toEqual([]);
          else expect(has['exists']).not.toBe('true');
        }
      }
    }),
    { numRuns: 500 },
  );
});
